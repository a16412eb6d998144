/** Undo: what the records of a service say is put back by a new act, which has a record of its own. */
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Author, commitAct, newOperation } from "./act.ts";
import { type ActFailure, actFailure } from "./act-failure.ts";
import { newestChange, type UndoTarget, undoPlan } from "./history/undo-plan.ts";
import { currentValues, readHistory } from "./read-history.ts";
import type { Store, Write } from "./store.ts";

export type { UndoTarget } from "./history/undo-plan.ts";

export interface UndoAsked {
  readonly target: UndoTarget;
  /** Also what somebody has changed since without a record. */
  readonly force: boolean;
  /**
   * Id of the newest record that changed something, as whoever asks has seen it: with another one there, nothing
   * is put back. Undefined: whichever it is.
   */
  readonly expected?: string | undefined;
  readonly by: string;
  /** Undefined: which record is undone. */
  readonly why: string | undefined;
}

export interface Undone {
  /** Store revision of the undo. */
  readonly revision: bigint;
  /** Id of its record. */
  readonly id: string;
  readonly keys: readonly string[];
}

/** `service` must be a name (`isName`). */
export async function undo(
  store: Store,
  service: string,
  { target, force, expected, by, why }: UndoAsked,
): Promise<Result<Undone, ActFailure>> {
  const history = await readHistory(store, service);
  if (!history.ok) return err({ kind: "store", error: history.error });
  const { records, entries } = history.value;
  const newest = newestChange(records)?.record.id;
  if (expected !== undefined && newest !== expected) {
    const there = newest === undefined ? "no change is recorded" : `the last change is ${newest}`;
    const message = `${service}: ${there}, and not ${expected}: look at its history again`;
    return err({ kind: "unexpected", message });
  }
  const plan = undoPlan(records, currentValues(history.value), target, force);
  if (!plan.ok) return err({ kind: "refused", message: `${service}: ${plan.error}` });
  const { values, what } = plan.value;
  const author: Author = { by, why: why ?? what };
  const atMs = systemClock.wallMs();
  const operation = newOperation(atMs);
  const committed = await commitAct(store, {
    ...author,
    service,
    operation,
    atMs,
    read: [...values.keys()].map((key) => ({ key, entry: entries.get(key) })),
    writes: [...values].map(([key, value]) => writeOf(key, value)),
  });
  return committed.kind === "done"
    ? ok({ revision: committed.revision, id: operation, keys: [...values.keys()] })
    : err(actFailure(committed));
}

const writeOf = (key: string, value: Uint8Array | undefined): Write =>
  value === undefined ? { kind: "delete", key } : { kind: "put", key, value };
