/**
 * Reads, writes and removes `weights/<service>` by compare-and-swap: the knob that people turn, for the
 * admin API and the command line alike.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeEntry } from "./decode/decode-entry.ts";
import { unknownService } from "./known-service.ts";
import type { Store, StoreError, TransactionOutcome, Write } from "./store.ts";

export interface StoredWeights {
  /** In the order of the value; undefined where it cannot be decoded. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  readonly modRevision: bigint;
  /** Errors where it cannot be decoded, and warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface WrittenWeights {
  /** Store revision that holds the write. */
  readonly revision: bigint;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Why nothing was written. */
export type WeightsFailure =
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] }
  /** Nothing in the store is of this service; `message` says so. */
  | { readonly kind: "unknown"; readonly message: string }
  | RemovalFailure;

export type RemovalFailure =
  /** Someone else wrote in between; `expected` is what the caller asked to find. */
  | { readonly kind: "changed"; readonly expected: bigint | undefined }
  | { readonly kind: "store"; readonly error: StoreError };

const keyOf = (service: string): string => `weights/${service}`;

/** `service` must be a name (`isName`). */
export async function readWeights(
  store: Store,
  service: string,
): Promise<Result<StoredWeights | undefined, StoreError>> {
  const read = await store.get(keyOf(service));
  if (!read.ok) return read;
  if (read.value === undefined) return ok(undefined);
  const { content, diagnostics } = decodeEntry(read.value);
  const weights =
    content?.kind === "weights"
      ? Object.fromEntries(content.weights.map(({ subset, weight }) => [subset, weight]))
      : undefined;
  return ok({ weights, modRevision: read.value.modRevision, diagnostics });
}

export interface WriteGuard {
  /** The revision that must be there; undefined: whatever is there is replaced. */
  readonly expected?: bigint | undefined;
  /** For a service of which nothing is there yet. */
  readonly force?: boolean;
}

/**
 * Writes `value` (JSON or YAML) if it is valid, and of a service that is known. Without `expected`, a
 * write that meets another one is tried once more.
 */
export async function writeWeights(
  store: Store,
  service: string,
  value: Uint8Array,
  { expected, force = false }: WriteGuard = {},
): Promise<Result<WrittenWeights, WeightsFailure>> {
  const key = keyOf(service);
  const judged = decodeEntry({ key, value, modRevision: 0n, createRevision: 0n });
  const { content, diagnostics } = judged;
  if (content === undefined) return err({ kind: "invalid", diagnostics });
  const message = force ? undefined : await unknownService(store, service);
  if (message !== undefined) return err({ kind: "unknown", message });
  const written = await swap(store, { kind: "put", key, value }, expected);
  if (!written.ok) return written;
  return written.value === undefined
    ? err({ kind: "changed", expected })
    : ok({ revision: written.value.revision, diagnostics });
}

/** Removes the key. The revision of the removal; undefined where there was nothing to remove. */
export async function removeWeights(
  store: Store,
  service: string,
  expected?: bigint,
): Promise<Result<bigint | undefined, RemovalFailure>> {
  const key = keyOf(service);
  const found = await currentRevision(store, key);
  if (!found.ok) return err({ kind: "store", error: found.error });
  if (found.value === 0n) return ok(undefined);
  const removed = await swap(store, { kind: "delete", key }, expected);
  if (!removed.ok) return removed;
  return removed.value === undefined
    ? err({ kind: "changed", expected })
    : ok(removed.value.revision);
}

/** undefined: someone else wrote in between, and, without `expected`, once more. */
async function swap(
  store: Store,
  write: Write,
  expected: bigint | undefined,
): Promise<Result<TransactionOutcome | undefined, RemovalFailure>> {
  const { key } = write;
  for (let attempt = 0; attempt < (expected === undefined ? 2 : 1); attempt++) {
    const found = expected === undefined ? await currentRevision(store, key) : ok(expected);
    if (!found.ok) return err({ kind: "store", error: found.error });
    const compare = [{ key, modRevision: found.value }];
    const outcome = await store.transact({ compare, writes: [write] });
    if (!outcome.ok) return err({ kind: "store", error: outcome.error });
    if (outcome.value.committed) return ok(outcome.value);
  }
  return ok(undefined);
}

async function currentRevision(store: Store, key: string): Promise<Result<bigint, StoreError>> {
  const read = await store.get(key);
  return read.ok ? ok(read.value?.modRevision ?? 0n) : read;
}
