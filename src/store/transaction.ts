/**
 * What every store asks of a transaction before it looks at its own state, so that a transaction
 * which one store refuses is refused by all three.
 */
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Compare, Entry, StoreError, Transaction } from "./store.ts";

export interface TransactionBounds {
  readonly valueBytes: number;
  readonly transactionWrites: number;
}

const refused = (message: string): Result<never, StoreError> => err({ kind: "refused", message });

export function checkTransaction(
  transaction: Transaction,
  bounds: TransactionBounds = limits.store,
): Result<void, StoreError> {
  if (transaction.writes.length > bounds.transactionWrites) {
    const count = transaction.writes.length;
    return refused(`${count} writes in one transaction; ${bounds.transactionWrites} are allowed`);
  }
  const written = new Set<string>();
  for (const write of transaction.writes) {
    if (write.key === "" || write.key.includes("\0")) return refused("a key is empty or has a NUL");
    if (written.has(write.key)) return refused(`${write.key} is written twice in one transaction`);
    written.add(write.key);
    if (write.kind === "put" && write.value.byteLength > bounds.valueBytes) {
      const size = write.value.byteLength;
      return refused(`${write.key} has ${size} bytes; ${bounds.valueBytes} are allowed`);
    }
  }
  return ok(undefined);
}

/** Whether every guard holds against `entries`; a missing key has modRevision 0. */
export function comparesHold(
  compares: readonly Compare[],
  entries: ReadonlyMap<string, Entry>,
): boolean {
  return compares.every(({ key, modRevision }) => {
    return (entries.get(key)?.modRevision ?? 0n) === modRevision;
  });
}
