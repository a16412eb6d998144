/** `status/guards/<service>`: which versions guards have taken out, read and brought back. */
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { SubsetName } from "../model/names.ts";
import type { GuardStatus } from "../model/rollout-status.ts";
import { type Act, commitAct, newOperation } from "./act.ts";
import { type ActFailure, actFailure } from "./act-failure.ts";
import { decodeGuardStatus, encodeGuardStatus } from "./decode/status-codec.ts";
import { unknownService } from "./known-service.ts";
import { guardStatusKey } from "./status-keys.ts";
import type { Entry, Store } from "./store.ts";

export const noLatches: GuardStatus = { latched: new Map(), retried: new Map(), operation: "" };

export interface Retried {
  readonly revision: bigint;
  readonly subsets: readonly SubsetName[];
}

export interface RetryAsked extends Pick<Act, "by" | "why"> {
  /** Why it is not for what is there now; undefined: it is. */
  readonly differs?: (status: GuardStatus) => string | undefined;
}

/** The versions may have traffic again; their weights stay as they are. `service` must be a name. */
export async function retryGuards(
  store: Store,
  service: string,
  { differs, ...author }: RetryAsked,
): Promise<Result<Retried, ActFailure>> {
  const key = guardStatusKey(service);
  const read = await store.get(key);
  if (!read.ok) return err({ kind: "store", error: read.error });
  const entry = read.value;
  const status = guardStatusIn(entry);
  if (!status.ok) return err({ kind: "refused", message: `${key}: ${status.error}` });
  const unexpected = differs?.(status.value);
  if (unexpected !== undefined) {
    return err({ kind: "unexpected", message: `${service}: ${unexpected}` });
  }
  const subsets = [...status.value.latched.keys()];
  if (subsets.length === 0) {
    const none = `no guard has taken out a version of ${service}`;
    return err({ kind: "refused", message: (await unknownService(store, service)) ?? none });
  }
  const atMs = systemClock.wallMs();
  const operation = newOperation(atMs);
  const value = encodeGuardStatus(cleared(status.value, atMs, operation));
  const committed = await commitAct(store, {
    ...{ by: author.by, why: author.why, service },
    operation,
    atMs,
    read: [{ key, entry }],
    writes: [{ kind: "put", key, value }],
  });
  return committed.kind === "done"
    ? ok({ revision: committed.revision, subsets })
    : err(actFailure(committed));
}

/** Of `status/guards/<service>`; where it is not there, nothing is latched. */
export const guardStatusIn = (entry: Entry | undefined): Result<GuardStatus, string> =>
  entry === undefined ? ok(noLatches) : decodeGuardStatus(entry);

/** All may have traffic again, and what came before `atMs` is not held against them. */
export const cleared = (
  { latched, retried }: GuardStatus,
  atMs: number,
  operation: string,
): GuardStatus => ({
  latched: new Map(),
  retried: new Map([...retried, ...[...latched.keys()].map((subset) => [subset, atMs] as const)]),
  operation,
});
