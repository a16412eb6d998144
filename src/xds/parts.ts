/** Responses of one name each, or of some: where a rejection must not be of more (docs/adr/0005). */
import type { ResourceView } from "../snapshot/resource-table.ts";
import { changed } from "./changed.ts";
import type { Plan, PushContent } from "./push.ts";
import { RestOfNames } from "./rest-of-names.ts";
import { joined, type TypeState } from "./type-state.ts";

/** Of a push the first names only, where the state does not allow for all; the rest stays due. */
export function inParts(state: TypeState, plan: Plan): Plan {
  const most = state.separate ? 1 : state.atMost;
  if (plan.kind !== "push" || most === undefined) return plan;
  const { push } = plan;
  const { version, resources, removed } = push.content();
  const names = [...new Set([...resources.map(({ name }) => name), ...removed])].sort();
  if (names.length <= most) return plan;
  const renewed = new Set(names.slice(0, most));
  const rest = new RestOfNames(names, most);
  const content = (): PushContent => ({
    version,
    resources: resources.filter(({ name }) => renewed.has(name)),
    removed: removed.filter((name) => renewed.has(name)),
  });
  const shareKey = `${push.generation}|${state.subscription.id}|${joined(renewed)}`;
  return { ...plan, push: { ...push, shareKey, renewed, rest, content } };
}

/**
 * The next of the names that wait for their turn, where nothing has changed since they began to: at
 * the cost of that one, whatever their number. `plan`: what is sent in a state.
 */
export function nextInTurn(
  state: TypeState,
  view: ResourceView,
  plan: (state: TypeState) => Plan,
): Plan | undefined {
  const { owed } = state;
  const isAlone = state.sentGeneration === view.generation && !state.owedAll;
  if (!state.separate || !isAlone || !(owed instanceof RestOfNames)) return undefined;
  let waiting = owed;
  for (let name = owed.first; name !== undefined; name = waiting.first) {
    waiting = waiting.others;
    const next = plan(changed(state, { owed: new Set([name]) }));
    if (next.kind === "restart") return next;
    if (next.kind === "wait") continue;
    return {
      kind: "push",
      state: changed(next.state, { owed }),
      push: { ...next.push, rest: waiting },
    };
  }
  return undefined;
}
