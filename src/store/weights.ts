/**
 * Reads, writes and removes `weights/<service>` by compare-and-swap: the knob that people turn, for the
 * admin API and the command line alike. Each change is an act with a record of history.
 */
import type { Diagnostic } from "../lib/diagnostic.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeEntry } from "./decode/decode-entry.ts";
import { unknownService } from "./known-service.ts";
import { resultOf } from "./objects.ts";
import type { Store, StoreError } from "./store.ts";
import { removeKey, type SwapAsked, type SwapFailure, swap } from "./swap.ts";

export interface StoredWeights {
  /** In the order of the value; undefined where it cannot be decoded. */
  readonly weights: Readonly<Record<string, number>> | undefined;
  readonly modRevision: bigint;
  /** Errors where it cannot be decoded, and warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

export interface WrittenWeights {
  /** Store revision that holds the write, or of the one that said the same: it is not written again. */
  readonly revision: bigint;
  readonly isUnchanged: boolean;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Why nothing was written. */
export type WeightsFailure =
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] }
  /** Nothing in the store is of this service; `message` says so. */
  | { readonly kind: "unknown"; readonly message: string }
  | SwapFailure;

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

export interface WriteAsked extends SwapAsked {
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
  asked: WriteAsked,
): Promise<Result<WrittenWeights, WeightsFailure>> {
  const key = keyOf(service);
  const judged = decodeEntry({ key, value, modRevision: 0n, createRevision: 0n });
  const { content, diagnostics } = judged;
  if (content === undefined) return err({ kind: "invalid", diagnostics });
  const message = asked.force === true ? undefined : await unknownService(store, service);
  if (message !== undefined) return err({ kind: "unknown", message });
  const unchanged = "unchanged" as const;
  const written = await swap(store, key, { ...asked, history: service }, (entry) =>
    entry !== undefined && resultOf(entry, value) === unchanged
      ? err({ kind: unchanged, revision: entry.modRevision })
      : ok({ kind: "put", key, value }),
  );
  if (written.ok) return ok({ revision: written.value, isUnchanged: false, diagnostics });
  const { error } = written;
  if (error.kind !== unchanged) return err(error);
  return ok({ revision: error.revision, isUnchanged: true, diagnostics });
}

/** Removes the key. The revision of the removal; undefined where there was nothing to remove. */
export async function removeWeights(
  store: Store,
  service: string,
  asked: SwapAsked,
): Promise<Result<bigint | undefined, SwapFailure>> {
  return removeKey(store, keyOf(service), { ...asked, history: service });
}
