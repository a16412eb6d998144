/**
 * Reads and writes `weights/<service>` by compare-and-swap: the knob that people turn, for the
 * admin API and the command line alike.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeEntry } from "./decode/decode-entry.ts";
import type { Store, StoreError } from "./store.ts";

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

export type WeightsFailure =
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] }
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

/**
 * Writes `value` (JSON or YAML) if it is valid. Without `expected`, whatever is there is replaced,
 * and a write that meets another one is tried once more.
 */
export async function writeWeights(
  store: Store,
  service: string,
  value: Uint8Array,
  expected?: bigint,
): Promise<Result<WrittenWeights, WeightsFailure>> {
  const key = keyOf(service);
  const judged = decodeEntry({ key, value, modRevision: 0n, createRevision: 0n });
  const { content, diagnostics } = judged;
  if (content === undefined) return err({ kind: "invalid", diagnostics });
  for (let attempt = 0; attempt < (expected === undefined ? 2 : 1); attempt++) {
    const found = expected === undefined ? await currentRevision(store, key) : ok(expected);
    if (!found.ok) return err({ kind: "store", error: found.error });
    const compare = [{ key, modRevision: found.value }];
    const outcome = await store.transact({ compare, writes: [{ kind: "put", key, value }] });
    if (!outcome.ok) return err({ kind: "store", error: outcome.error });
    const { committed, revision } = outcome.value;
    if (committed) return ok({ revision, diagnostics });
  }
  return err({ kind: "changed", expected });
}

async function currentRevision(store: Store, key: string): Promise<Result<bigint, StoreError>> {
  const read = await store.get(key);
  return read.ok ? ok(read.value?.modRevision ?? 0n) : read;
}
