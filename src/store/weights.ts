/**
 * Reads, writes and removes `weights/<service>` by compare-and-swap: the knob that people turn, for the
 * admin API and the command line alike. Each change is an act with a record of history.
 */
import { systemClock } from "../lib/clock.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type Author, commitAct, newOperation } from "./act.ts";
import { decodeEntry } from "./decode/decode-entry.ts";
import { unknownService } from "./known-service.ts";
import type { Store, StoreError, Write } from "./store.ts";

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

export interface RemovalAsked extends Author {
  /** The revision that must be there; undefined: whatever is there is replaced. */
  readonly expected?: bigint | undefined;
}

export interface WriteAsked extends RemovalAsked {
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
  const written = await swap(store, service, { kind: "put", key, value }, asked);
  if (!written.ok) return written;
  return written.value === undefined
    ? err({ kind: "changed", expected: asked.expected })
    : ok({ revision: written.value, diagnostics });
}

/** Removes the key. The revision of the removal; undefined where there was nothing to remove. */
export async function removeWeights(
  store: Store,
  service: string,
  asked: RemovalAsked,
): Promise<Result<bigint | undefined, RemovalFailure>> {
  const key = keyOf(service);
  const found = await store.get(key);
  if (!found.ok) return err({ kind: "store", error: found.error });
  if (found.value === undefined) return ok(undefined);
  const removed = await swap(store, service, { kind: "delete", key }, asked);
  if (!removed.ok) return removed;
  return removed.value === undefined ? err({ kind: "changed", expected: asked.expected }) : removed;
}

/** The revision; undefined: someone else wrote in between, and, without `expected`, once more. */
async function swap(
  store: Store,
  service: string,
  write: Write,
  { by, why, expected }: RemovalAsked,
): Promise<Result<bigint | undefined, RemovalFailure>> {
  const { key } = write;
  const attempts = expected === undefined ? 2 : 1;
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const found = await store.get(key);
    if (!found.ok) return err({ kind: "store", error: found.error });
    const entry = found.value;
    if (expected !== undefined && (entry?.modRevision ?? 0n) !== expected) return ok(undefined);
    const atMs = systemClock.wallMs();
    const committed = await commitAct(store, {
      service,
      by,
      why,
      operation: newOperation(atMs),
      atMs,
      read: [{ key, entry }],
      writes: [write],
    });
    if (committed.kind === "done") return ok(committed.revision);
    const isOver = committed.kind === "failed" || attempt === attempts;
    if (isOver && committed.error !== undefined) {
      return err({ kind: "store", error: committed.error });
    }
  }
  return ok(undefined);
}
