/**
 * Reads, writes and removes objects one by one, by compare-and-swap: for the admin API and the command
 * line alike. What serin itself keeps in the store is nobody else's to write.
 */
import { isDeepStrictEqual } from "node:util";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { sameBytes } from "./change.ts";
import { decodeEntry } from "./decode/decode-entry.ts";
import { type ObjectKey, readKey } from "./decode/key.ts";
import { parseValue } from "./decode/parse.ts";
import { toDiagnostics } from "./decode/problem.ts";
import type { Entry, Store } from "./store.ts";
import { removeKey, type SwapAsked, type SwapFailure, swap } from "./swap.ts";

/** Why a key cannot be written. */
export type KeyFailure =
  /** Serin's own, or without effect. */
  | { readonly kind: "reserved"; readonly message: string }
  | { readonly kind: "noObject"; readonly diagnostics: readonly Diagnostic[] };

/** Why nothing was written. */
export type ObjectFailure =
  | KeyFailure
  | { readonly kind: "invalid"; readonly diagnostics: readonly Diagnostic[] }
  | SwapFailure;

export interface ObjectAsked extends SwapAsked {
  /** Says what would be done, and does nothing. */
  readonly dryRun?: boolean;
}

export type ObjectResult = "created" | "configured" | "unchanged";

export interface ObjectOutcome {
  readonly result: ObjectResult;
  /**
   * Of the value that is there now. Of a dry run: of what was read, 0n where there was nothing, so
   * that the write can ask to find it.
   */
  readonly revision: bigint;
  /** Warnings. */
  readonly diagnostics: readonly Diagnostic[];
}

/** What the key is about, if it is an object's. */
export function objectKey(key: string): Result<ObjectKey, KeyFailure> {
  const reading = readKey(key);
  switch (reading.kind) {
    case "object":
      return ok(reading.object);
    case "wrong":
      return err({ kind: "noObject", diagnostics: toDiagnostics([reading.problem], key, 0n) });
    default:
      return err({
        kind: "reserved",
        message: `${key} is not for people to write: serin keeps it`,
      });
  }
}

/**
 * Whose history tells of a change: each key is in one alone, so that its chain has no gaps. Routes are
 * told of under their own name. Registries write instances too often for a record each.
 */
export function historyOf(key: ObjectKey): string | undefined {
  switch (key.kind) {
    case "services":
    case "weights":
    case "rollouts":
      return key.service;
    case "routes":
    case "grpcroutes":
    case "tcproutes":
    case "tlsroutes":
      return key.route;
    default:
      return undefined;
  }
}

/** Writes `value` (JSON or YAML) if it is valid, and says otherwise than what is there. */
export async function writeObject(
  store: Store,
  key: string,
  value: Uint8Array,
  asked: ObjectAsked,
): Promise<Result<ObjectOutcome, ObjectFailure>> {
  const object = objectKey(key);
  if (!object.ok) return object;
  const { content, diagnostics } = decodeEntry({
    key,
    value,
    modRevision: 0n,
    createRevision: 0n,
  });
  if (content === undefined) return err({ kind: "invalid", diagnostics });
  let result: ObjectResult = "unchanged";
  const history = historyOf(object.value);
  const nothingToDo = "nothingToDo" as const;
  const written = await swap(store, key, { ...asked, history }, (entry) => {
    result = resultOf(entry, value);
    const revision = entry?.modRevision ?? 0n;
    const isWritten = result !== "unchanged" && asked.dryRun !== true;
    return isWritten ? ok({ kind: "put", key, value }) : err({ kind: nothingToDo, revision });
  });
  if (written.ok) return ok({ result, revision: written.value, diagnostics });
  const { error } = written;
  return error.kind === nothingToDo
    ? ok({ result, revision: error.revision, diagnostics })
    : err(error);
}

/** Removes the key. The revision of the removal; undefined where there was nothing to remove. */
export async function removeObject(
  store: Store,
  key: string,
  asked: SwapAsked,
): Promise<Result<bigint | undefined, KeyFailure | SwapFailure>> {
  const object = objectKey(key);
  if (!object.ok) return object;
  return removeKey(store, key, { ...asked, history: historyOf(object.value) });
}

/** What writing `value` over what is there comes to. */
export function resultOf(entry: Entry | undefined, value: Uint8Array): ObjectResult {
  if (entry === undefined) return "created";
  return sameContent(entry.value, value) ? "unchanged" : "configured";
}

/** Whether both say the same, however it is spelt: in JSON or YAML, with other comments. */
function sameContent(one: Uint8Array, other: Uint8Array): boolean {
  if (sameBytes(one, other)) return true;
  const [a, b] = [parseValue(one), parseValue(other)];
  return a.ok && b.ok && isDeepStrictEqual(a.value, b.value);
}
