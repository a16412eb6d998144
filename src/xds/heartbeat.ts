/**
 * Heartbeats: what has a time to live is told of again before proxies drop it, when nothing else is
 * to be sent; and only such resources cost anything. In delta a heartbeat is name and version. In the
 * state of the world it is the whole response once more: measured with Envoy 1.40, one without
 * contents is ACKed, renews nothing, and removes every cluster or listener.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ttl
 */

import type { Resource } from "../snapshot/resource.ts";
import { presence, type ResourceView } from "../snapshot/resource-table.ts";
import { hasTtlInSotw } from "../snapshot/type-url.ts";
import { changed } from "./changed.ts";
import type { Plan, Push } from "./push.ts";
import { sees } from "./subscription.ts";
import { never, type TypeState } from "./type-state.ts";

type Variant = "sotw" | "delta";

/** The plan of `step`, or a heartbeat where that is to wait. */
export function withHeartbeat(
  variant: Variant,
  before: TypeState,
  view: ResourceView,
  step: (state: TypeState) => Plan,
): Plan {
  const plan = step(before);
  if (plan.kind === "push") return { ...plan, push: timed(variant, before, view, plan.push) };
  if (plan.kind === "restart" || plan.state.sentBeat === view.beats) return plan;
  const { state } = plan;
  if (state.sentGeneration === never) return plan;
  const current = changed(state, { sentBeat: view.beats });
  const due = variant === "delta" || hasTtlInSotw(view.typeUrl) ? dueOf(state, view) : [];
  if (due.length === 0) return { kind: "wait", state: current };
  // One that comes late finds nothing to renew: a proxy takes it for a resource without content.
  if (variant === "sotw" || view.beats - state.sentBeat > 1) {
    const owed = new Set([...state.owed, ...due.map(({ name }) => name)]);
    const again = step(changed(state, { owed }));
    return again.kind === "push" ? { ...again, push: { ...again.push, beat: view.beats } } : again;
  }
  return { kind: "push", state: current, push: beatPush(current, view, due) };
}

/** What was rejected the proxy has in another version, if at all: that one runs out. */
const dueOf = ({ subscription, held }: TypeState, view: ResourceView): readonly Resource[] =>
  [...view.expiring()].filter(
    (each) => sees(subscription, each.name, presence(each)) && !held.has(each.name),
  );

/** A response that brings everything renews everything. */
function timed(variant: Variant, before: TypeState, view: ResourceView, push: Push): Push {
  const isWhole =
    before.sentGeneration === never ||
    push.renewed === "all" ||
    (variant === "sotw" && hasTtlInSotw(view.typeUrl));
  return isWhole && push.beat !== view.beats ? { ...push, beat: view.beats } : push;
}

function beatPush(
  { subscription, held }: TypeState,
  view: ResourceView,
  due: readonly Resource[],
): Push {
  const { generation, beats } = view;
  const key = `${generation}|${subscription.id}|beat ${beats}`;
  return {
    shareKey: held.size > 0 ? undefined : key,
    generation,
    adds: false,
    renewed: new Set(due.map(({ name }) => name)),
    beat: beats,
    content: () => ({ version: view.wildcardVersion(), resources: [], removed: [], bare: due }),
  };
}
