/** What an ACK or a NACK does to the state of a type, and which names get another try. */
import { changed, copyOf } from "./changed.ts";
import { covers } from "./subscription.ts";
import type { Rejection, TypeState } from "./type-state.ts";

const noNames: ReadonlySet<string> = new Set();

/** What a request says of the response before it. */
export type Verdict = "ack" | "nack" | "none";

/** Takes an ACK or NACK of the response in flight; the caller has checked the nonce. */
export function takeVerdict(
  state: TypeState,
  errorMessage: string | undefined,
): { readonly state: TypeState; readonly verdict: Verdict } {
  const { inFlight } = state;
  if (inFlight === undefined) return { state, verdict: "none" };
  const { version, nonce, names } = inFlight;
  // What is left may go in larger parts again, until the next rejection.
  const larger = errorMessage === undefined ? 2 : 1;
  const atMost = state.owed.size === 0 ? undefined : state.atMost && state.atMost * larger;
  const answered = changed(state, { atMost, inFlight: undefined });
  if (errorMessage !== undefined) {
    const rejected: Rejection = { version, nonce, message: errorMessage, names };
    if (state.halved && names.length > 1) {
      const owed = new Set([...state.owed, ...names]);
      const half = Math.ceil(names.length / 2);
      return { state: changed(answered, { rejected, owed, atMost: half }), verdict: "nack" };
    }
    const held = new Set([...state.held, ...names]);
    const next = changed(answered, { rejected, held });
    return { state: inFlight.dropped ? retried(next, held) : next, verdict: "nack" };
  }
  const acked = copyOf(state);
  acked.atMost = atMost;
  acked.inFlight = undefined;
  acked.accepted = { version, nonce };
  if (acked.held.size === 0) acked.rejected = undefined;
  if (!inFlight.retries) return { state: acked, verdict: "ack" };
  const next = retried(acked, acked.held);
  return {
    state: next.held.size === 0 ? changed(next, { rejected: undefined }) : next,
    verdict: "ack",
  };
}

/**
 * Takes names out of `held`. If that changed anything, the rest of the rejected responses gets one
 * more try: the bad one among them may have been the one that is now mended or gone.
 */
export function withoutHeld(state: TypeState, names: Iterable<string>): TypeState {
  const rest = minus(state.held, names);
  return rest.size < state.held.size ? retried(state, rest) : state;
}

export function minus(held: ReadonlySet<string>, names: Iterable<string>): ReadonlySet<string> {
  let rest: Set<string> | undefined;
  for (const name of held.size === 0 ? [] : names) {
    if (!held.has(name)) continue;
    rest ??= new Set(held);
    rest.delete(name);
  }
  return rest ?? held;
}

function retried(state: TypeState, names: Iterable<string>): TypeState {
  // What was rejected by itself waits for a change of its own: sent again as it is, Envoy would ACK a
  // secret that it never loaded.
  if (state.separate) {
    const held = [...names].filter((name) => covers(state.subscription, name));
    return changed(state, { held: new Set(held) });
  }
  const owed = new Set(state.owed);
  for (const name of names) if (covers(state.subscription, name)) owed.add(name);
  return changed(state, { held: noNames, owed });
}
