/**
 * One key changed by compare-and-swap, as an act: what people write, weights and other objects alike.
 * Without a revision that they expect, a write that meets another one is tried once more.
 */
import { systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Act, type Author, commitAct, newOperation, type ReadKey } from "./act.ts";
import type { Entry, Store, StoreError, Write } from "./store.ts";

export interface SwapAsked extends Author {
  /** The revision that must be there, 0n: none; undefined: whatever is there is replaced. */
  readonly expected?: bigint | undefined;
}

interface Recorded {
  /** Whose history tells of it; undefined: none. */
  readonly history: string | undefined;
}

/** Why nothing was written. */
export type SwapFailure =
  /** Someone else wrote in between; `expected` is what the caller asked to find. */
  | { readonly kind: "changed"; readonly expected: bigint | undefined }
  | { readonly kind: "store"; readonly error: StoreError };

/** The revision of the write. `decide` sees what is there now, and may refuse. */
export async function swap<Refusal>(
  store: Store,
  key: string,
  asked: SwapAsked & Recorded,
  decide: (entry: Entry | undefined) => Result<Write, Refusal>,
): Promise<Result<bigint, Refusal | SwapFailure>> {
  const { expected } = asked;
  const attempts = expected === undefined ? 2 : 1;
  let lost: StoreError | undefined;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const found = await store.get(key);
    if (!found.ok) return err({ kind: "store", error: found.error });
    const entry = found.value;
    if (expected !== undefined && (entry?.modRevision ?? 0n) !== expected) break;
    const write = decide(entry);
    if (!write.ok) return write;
    const committed = await commitAct(store, actOf(asked, { key, entry }, write.value));
    if (committed.kind === "done") return ok(committed.revision);
    if (committed.kind === "failed") return err({ kind: "store", error: committed.error });
    lost = committed.error;
  }
  return err(lost === undefined ? { kind: "changed", expected } : { kind: "store", error: lost });
}

function actOf({ by, why, history }: SwapAsked & Recorded, read: ReadKey, write: Write): Act {
  const atMs = systemClock.wallMs();
  const operation = newOperation(atMs);
  return { service: history, by, why, operation, atMs, read: [read], writes: [write] };
}

/** Removes the key. The revision of the removal; undefined where there was nothing to remove. */
export async function removeKey(
  store: Store,
  key: string,
  asked: SwapAsked & Recorded,
): Promise<Result<bigint | undefined, SwapFailure>> {
  const absent = { kind: "absent" } as const;
  const removed = await swap(store, key, asked, (entry) =>
    entry === undefined ? err(absent) : ok({ kind: "delete", key }),
  );
  if (removed.ok) return removed;
  const { error } = removed;
  return error.kind === "absent" ? ok(undefined) : err(error);
}
