/** Objects straight in a store. */
import { shownOf } from "../admin/object-list-routes.ts";
import { bodyProblem, objectText } from "../admin/object-value.ts";
import { diagnosticsJson } from "../admin/problem.ts";
import { revisionNumber } from "../admin/revision.ts";
import { compareText } from "../lib/compare-text.ts";
import { err, ok, type Result } from "../lib/result.ts";
import {
  type ObjectAsked,
  type ObjectFailure,
  objectKey,
  removeObject,
  writeObject,
} from "../store/objects.ts";
import type { Entry, Store } from "../store/store.ts";
import type { AdminFailure } from "./admin-client.ts";
import { storeFailure, without } from "./direct-store.ts";
import type { Objects, ReadObject, WriteAsked } from "./objects.ts";

interface Sharing {
  /** Whether other processes count as this one does. */
  readonly sharesRevisions: boolean;
}

export function storeObjects(store: Store, { sharesRevisions }: Sharing): Objects {
  const shown = (entry: Entry): ReadObject => ({
    key: entry.key,
    revision: sharesRevisions ? revisionNumber(entry.modRevision) : undefined,
    ...shownOf(entry),
  });
  return {
    async get(key) {
      const read = await readEntry(store, key);
      if (!read.ok) return read;
      return ok(read.value === undefined ? undefined : shown(read.value));
    },
    async text(key) {
      const read = await readEntry(store, key);
      if (!read.ok) return read;
      const object = objectKey(key);
      if (read.value === undefined || !object.ok) return ok(undefined);
      const text = objectText(object.value, read.value.value, "yaml");
      if (!text.ok) return err(without(`what is stored as ${key} cannot be read: ${text.error}`));
      return ok({ text: text.value, revision: revisionNumber(read.value.modRevision) });
    },
    async list(prefix) {
      const listed = await store.list(prefix);
      if (!listed.ok) return err(storeFailure(listed.error));
      const entries = [...listed.value.entries.values()].filter(({ key }) => objectKey(key).ok);
      return ok(entries.map(shown).sort((a, b) => compareText(a.key, b.key)));
    },
    dryRun: (key, value) => write(store, key, value, { by: "", why: "", dryRun: true }),
    write: (key, value, asked) => write(store, key, value, askedOf(asked)),
    async remove(key, asked) {
      const removed = await removeObject(store, key, askedOf(asked));
      if (!removed.ok) return err(objectFailure(removed.error, key));
      return ok(
        removed.value === undefined ? undefined : { key, revision: revisionNumber(removed.value) },
      );
    },
  };
}

const askedOf = ({ author, expected }: WriteAsked): ObjectAsked => ({
  ...author,
  expected: expected === undefined ? undefined : BigInt(expected),
});

async function readEntry(
  store: Store,
  key: string,
): Promise<Result<Entry | undefined, AdminFailure>> {
  const object = objectKey(key);
  if (!object.ok) return err(objectFailure(object.error, key));
  const read = await store.get(key);
  return read.ok ? read : err(storeFailure(read.error));
}

async function write(store: Store, key: string, value: Uint8Array, asked: ObjectAsked) {
  const fault = bodyProblem(value, undefined);
  if (fault !== undefined) {
    return err({ ...without(`not valid as ${key}`), members: { diagnostics: [fault] } });
  }
  const written = await writeObject(store, key, value, asked);
  if (!written.ok) return err(objectFailure(written.error, key));
  const { result, revision, diagnostics } = written.value;
  return ok({
    key,
    result,
    revision: revisionNumber(revision),
    diagnostics: diagnosticsJson(diagnostics),
  });
}

function objectFailure(error: ObjectFailure, key: string): AdminFailure {
  switch (error.kind) {
    case "reserved":
      return without(error.message);
    case "noObject":
    case "invalid": {
      const { diagnostics } = error;
      const detail = error.kind === "invalid" ? `not valid as ${key}` : "not the key of an object";
      return { ...without(detail), members: { diagnostics } };
    }
    case "changed": {
      const detail = `${key} was changed by someone else; read it and try again`;
      return { ...without(detail), status: 412 };
    }
    case "store":
      return storeFailure(error.error);
  }
}
