/**
 * A decision about a release, or what a person said to it, as an act on the store: the status first, by
 * which a lost answer is looked up, and the weights in the same transaction.
 */
import type { ServiceName } from "../model/names.ts";
import type { Act, ReadKey } from "../store/act.ts";
import { encodeRolloutStatus } from "../store/decode/status-codec.ts";
import { rolloutStatusKey } from "../store/status-keys.ts";
import type { Write } from "../store/store.ts";
import type { DecisionToWrite, Weights } from "./release/decision.ts";

export const weightsKey = (service: ServiceName): string => `weights/${service}`;

export interface ReleaseActBase extends Pick<Act, "by" | "evidence" | "atMs" | "notes" | "isTold"> {
  readonly service: ServiceName;
  /** All that was decided upon; the status and the weights are among it. */
  readonly read: readonly ReadKey[];
  /** What else changes with it, such as a guard's latch that `retry` takes away. */
  readonly also?: readonly Write[];
}

export function releaseAct(
  { status, weights, reason }: Pick<DecisionToWrite, "status" | "weights" | "reason">,
  { service, also = [], ...base }: ReleaseActBase,
): Act {
  const writes: readonly Write[] = [
    { kind: "put", key: rolloutStatusKey(service), value: encodeRolloutStatus(status) },
    ...(weights === undefined ? [] : [weightsWrite(service, weights)]),
    ...also,
  ];
  return { ...base, service, operation: status.operation, why: reason, writes };
}

const weightsWrite = (service: ServiceName, weights: Weights): Write => ({
  kind: "put",
  key: weightsKey(service),
  value: new TextEncoder().encode(JSON.stringify(Object.fromEntries(weights))),
});
