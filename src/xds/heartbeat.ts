/**
 * Heartbeats: what has a time to live is told of again, by name and version, before proxies drop
 * it. Only when nothing else is to be sent; and only such resources cost anything.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ttl
 */
import type { Resource } from "../snapshot/resource.ts";
import { presence, type ResourceView } from "../snapshot/resource-table.ts";
import { isFullStateType } from "../snapshot/type-url.ts";
import { sees } from "./subscription.ts";
import { never, type Plan, type Push, type TypeState } from "./type-state.ts";

type PlanStep = (state: TypeState) => Plan;

/** The plan of `step`, or a heartbeat where that is to wait. */
export function withHeartbeat(
  variant: "sotw" | "delta",
  before: TypeState,
  view: ResourceView,
  step: PlanStep,
): Plan {
  const plan = step(before);
  if (plan.kind === "push") return { ...plan, push: timed(variant, before, view, plan.push) };
  if (plan.kind === "restart" || plan.state.sentBeat === view.beats) return plan;
  const { state } = plan;
  if (state.inFlight !== undefined || state.sentGeneration === never) return plan;
  const due = [...view.expiring()].filter((each) => isDue(state, each));
  const current = { ...state, sentBeat: view.beats };
  if (due.length === 0) return { kind: "wait", state: current };
  // One that came too late finds nothing to renew: a proxy takes it for a resource without content.
  if (view.beats - state.sentBeat > 1) {
    const owed = new Set([...state.owed, ...due.map(({ name }) => name)]);
    const again = step({ ...state, owed });
    return again.kind === "push" ? { ...again, push: { ...again.push, beat: view.beats } } : again;
  }
  return variant === "sotw" ? beatSotw(current, view, due) : beatDelta(current, view, due);
}

/** What was rejected the proxy has in another version, if at all: that one runs out. */
const isDue = ({ subscription, held }: TypeState, each: Resource): boolean =>
  sees(subscription, each.name, presence(each)) && !held.has(each.name);

/** A response that brings everything renews everything. */
function timed(variant: "sotw" | "delta", before: TypeState, view: ResourceView, push: Push): Push {
  const isWhole =
    before.sentGeneration === never ||
    push.renewed === "all" ||
    (variant === "sotw" && isFullStateType(view.typeUrl));
  return isWhole ? { ...push, beat: view.beats } : push;
}

function beatDelta(state: TypeState, view: ResourceView, due: readonly Resource[]): Plan {
  const version = view.wildcardVersion();
  return { kind: "push", state, push: beatPush(state, view, due, version) };
}

/** Envoy knows a heartbeat by the version of the type, which must be the one it ACKed last. */
function beatSotw(state: TypeState, view: ResourceView, due: readonly Resource[]): Plan {
  if (state.accepted === undefined || state.held.size > 0) return { kind: "wait", state };
  return { kind: "push", state, push: beatPush(state, view, due, state.accepted.version) };
}

function beatPush(
  { subscription, held }: TypeState,
  view: ResourceView,
  due: readonly Resource[],
  version: string,
): Push {
  const { generation, beats } = view;
  const key = `${generation}|${subscription.id}|beat ${beats} ${version}`;
  return {
    shareKey: held.size > 0 ? undefined : key,
    generation,
    adds: false,
    renewed: new Set(due.map(({ name }) => name)),
    beat: beats,
    content: () => ({ version, resources: [], removed: [], bare: due }),
  };
}
