/** Objects through the admin API. */
import type { Command } from "commander";
import type { ObjectJson, ObjectRemovedJson, ObjectWrittenJson } from "../api/objects.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readKey } from "../store/decode/key.ts";
import { type AdminCall, type AdminFailure, askAdmin, callAdmin } from "./admin-client.ts";
import { authorQuery } from "./author.ts";
import { without } from "./direct-store.ts";
import type { Objects, ObjectText, ReadObject, WriteAsked } from "./objects.ts";

export function adminObjects(command: Command): Objects {
  const call = async <T>(key: string, query: string, how: AdminCall = {}) => {
    const path = pathOf(key);
    if (!path.ok) return path;
    return callAdmin<T>(command, `${path.value}${query}`, how);
  };
  return {
    async get(key) {
      const answer = await textOf(command, key, "application/json");
      if (!answer.ok) return brokenOr(answer.error, key);
      if (answer.value === undefined) return ok(undefined);
      const { text, revision } = answer.value;
      return ok({ key, revision, value: parsedJson(text) });
    },
    text: (key) => textOf(command, key, "application/yaml"),
    list: (prefix) => listAll(command, prefix),
    dryRun: (key, bytes) => call<ObjectWrittenJson>(key, "?dryRun=true", { method: "PUT", bytes }),
    write: (key, bytes, asked) =>
      call<ObjectWrittenJson>(key, `?${authorQuery(asked.author)}`, {
        method: "PUT",
        bytes,
        headers: preconditions(asked),
      }),
    async remove(key, asked) {
      const removed = await call<ObjectRemovedJson>(key, `?${authorQuery(asked.author)}`, {
        method: "DELETE",
        headers: preconditions(asked),
      });
      return removed.ok ? removed : absentOr(removed.error);
    },
  };
}

function preconditions({ expected }: WriteAsked): Readonly<Record<string, string>> {
  if (expected === undefined) return {};
  return expected === 0 ? { "if-none-match": "*" } : { "if-match": `"${expected}"` };
}

/** A URL drops segments of dots, and would name another object. */
function pathOf(key: string): Result<string, AdminFailure> {
  const segments = key.split("/");
  if (segments.some((segment) => segment === "." || segment === "..")) {
    return err(without(`${key}: no URL can name a key with such a part; use --store`));
  }
  return ok(`/v1/objects/${segments.map(encodeURIComponent).join("/")}`);
}

async function textOf(
  command: Command,
  key: string,
  accept: string,
): Promise<Result<ObjectText | undefined, AdminFailure>> {
  const path = pathOf(key);
  if (!path.ok) return path;
  const answer = await askAdmin(command, path.value, { headers: { accept } });
  if (!answer.ok) return absentOr(answer.error);
  const { text, headers } = answer.value;
  return ok({ text, revision: Number(headers.get("etag")?.replaceAll('"', "")) });
}

const absentOr = (failure: AdminFailure): Result<undefined, AdminFailure> =>
  failure.status === 404 ? ok(undefined) : err(failure);

/** What is there and cannot be parsed is there all the same. */
function brokenOr(failure: AdminFailure, key: string): Result<ReadObject, AdminFailure> {
  const [first] = (failure.members["diagnostics"] ?? []) as readonly {
    readonly revision: number;
    readonly message: string;
  }[];
  if (failure.status !== 422 || first === undefined) return err(failure);
  return ok({ key, revision: first.revision, broken: first.message });
}

async function listAll(
  command: Command,
  prefix: string,
): Promise<Result<readonly ReadObject[], AdminFailure>> {
  const objects: ReadObject[] = [];
  for (let after = ""; ; ) {
    const query = new URLSearchParams({ prefix, after, values: "true" });
    const page = await callAdmin<readonly ObjectJson[]>(command, `/v1/objects?${query}`);
    if (!page.ok) return page;
    for (const { key, modRevision: revision, value, broken } of page.value) {
      after = key;
      if (readKey(key).kind !== "object") continue;
      objects.push({ key, revision, ...(broken === undefined ? { value } : { broken }) });
    }
    if (page.value.length === 0) return ok(objects);
  }
}
