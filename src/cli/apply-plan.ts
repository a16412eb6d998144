/**
 * What a command is to write: every object of the files is judged, and held against what is there, before
 * the first is written. The order is such that nothing is named before it is there.
 */

import { bodyProblem } from "../admin/object-value.ts";
import type { ObjectWrittenJson } from "../api/objects.ts";
import { compareText } from "../lib/compare-text.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeEntry } from "../store/decode/decode-entry.ts";
import type { ObjectKey } from "../store/decode/key.ts";
import { objectKey } from "../store/objects.ts";
import type { AdminFailure } from "./admin-client.ts";
import type { Objects } from "./objects.ts";
import { type FileObject, placeText } from "./validate-input.ts";

export interface Fault {
  readonly key: string;
  /** With line and column, where they are known. */
  readonly file: string;
  readonly severity: "error" | "warning";
  readonly path: string;
  readonly message: string;
}

/** What is wrong with the objects by themselves; without errors they may be written. */
export const faultsOf = (objects: readonly FileObject[]): readonly Fault[] =>
  objects.flatMap((object) => {
    const { key, value } = object;
    const hidden = bodyProblem(value, undefined);
    if (hidden !== undefined) {
      const file = placeText(object, hidden.path);
      return [{ key, file, severity: "error" as const, ...hidden }];
    }
    const { diagnostics } = decodeEntry({ key, value, modRevision: 0n, createRevision: 0n });
    return diagnostics.map(({ severity, path, message }) => ({
      key,
      file: placeText(object, path),
      severity,
      path,
      message,
    }));
  });

/** A folder that a store of files was in has keys of serin's own as well. */
export function partedByOwner(objects: readonly FileObject[]): {
  readonly theirs: readonly FileObject[];
  readonly serins: readonly FileObject[];
} {
  const isSerins = ({ key }: FileObject): boolean => {
    const object = objectKey(key);
    return !object.ok && object.error.kind === "reserved";
  };
  return {
    theirs: objects.filter((object) => !isSerins(object)),
    serins: objects.filter(isSerins),
  };
}

/** What others need comes before them; gateways open last. */
const ranks: Readonly<Record<ObjectKey["kind"], number>> = {
  secrets: 0,
  analysistemplates: 1,
  services: 2,
  endpoints: 3,
  weights: 4,
  rollouts: 5,
  lanes: 6,
  routes: 7,
  grpcroutes: 8,
  tcproutes: 9,
  tlsroutes: 10,
  resources: 11,
  gateways: 12,
  snapshots: 13,
};

function rankOf(key: string): number {
  const object = objectKey(key);
  return object.ok ? ranks[object.value.kind] : -1;
}

export const inOrder = <T extends { readonly key: string }>(objects: readonly T[]): readonly T[] =>
  objects.toSorted((a, b) => rankOf(a.key) - rankOf(b.key) || compareText(a.key, b.key));

/** An object with what a dry run says of it. */
export interface Planned {
  readonly object: FileObject;
  readonly answer: ObjectWrittenJson;
}

/** All that is refused, or all that is to be done. */
export async function planned(
  objects: Objects,
  wanted: readonly FileObject[],
): Promise<Result<readonly Planned[], readonly AdminFailure[]>> {
  const plan: Planned[] = [];
  const refused: AdminFailure[] = [];
  for (const object of wanted) {
    const tried = await objects.dryRun(object.key, object.value);
    if (!tried.ok && tried.error.status === 0) return err([...refused, tried.error]);
    const failure = tried.ok ? staleness(object, tried.value) : tried.error;
    if (failure !== undefined) refused.push(failure);
    if (tried.ok) plan.push({ object, answer: tried.value });
  }
  return refused.length > 0 ? err(refused) : ok(plan);
}

/** A document that says at which revision it was read is written over that one alone. */
function staleness(
  { key, revision }: FileObject,
  { result, revision: found }: ObjectWrittenJson,
): AdminFailure | undefined {
  if (revision === undefined || revision === found || result === "unchanged") return undefined;
  const now = found === 0 ? "is not there" : `is at revision ${found}`;
  const detail = `${key} was read at revision ${revision}, and ${now}: get it again, or leave the revision out`;
  return { status: 412, detail, members: {} };
}
