/** Objects through the admin API. */
import type { Command } from "commander";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { readKey } from "../store/decode/key.ts";
import { type AdminFailure, fromAdmin } from "./admin-client.ts";
import { without } from "./direct-store.ts";
import type { Objects, ObjectText, ReadObject, WriteAsked } from "./objects.ts";

export function adminObjects(command: Command): Objects {
  const put = (key: string, bytes: Uint8Array, query: PutQuery, headers = {}) =>
    withKey(key, () =>
      fromAdmin(command, (api) =>
        api.call("PUT /v1/objects/{key}", { params: { key }, query, headers, body: bytes }),
      ),
    );
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
    dryRun: (key, bytes) => put(key, bytes, { dryRun: true }),
    write: (key, bytes, asked) => put(key, bytes, { ...asked.author }, preconditions(asked)),
    async remove(key, asked) {
      const removed = await withKey(key, () =>
        fromAdmin(command, (api) =>
          api.call("DELETE /v1/objects/{key}", {
            params: { key },
            query: { ...asked.author },
            headers: preconditions(asked),
          }),
        ),
      );
      return removed.ok ? removed : absentOr(removed.error);
    },
  };
}

interface PutQuery {
  readonly dryRun?: boolean;
  readonly by?: string;
  readonly why?: string;
}

function preconditions({ expected }: WriteAsked): {
  readonly "if-match"?: string;
  readonly "if-none-match"?: "*";
} {
  if (expected === undefined) return {};
  return expected === 0 ? { "if-none-match": "*" } : { "if-match": `"${expected}"` };
}

/** A URL drops segments of dots, and would name another object. */
async function withKey<T>(
  key: string,
  ask: () => Promise<Result<T, AdminFailure>>,
): Promise<Result<T, AdminFailure>> {
  if (key.split("/").some((segment) => segment === "." || segment === "..")) {
    return err(without(`${key}: no URL can name a key with such a part; use --store`));
  }
  return ask();
}

async function textOf(
  command: Command,
  key: string,
  accept: string,
): Promise<Result<ObjectText | undefined, AdminFailure>> {
  const answer = await withKey(key, () =>
    fromAdmin(command, (api) => api.text("GET /v1/objects/{key}", { params: { key } }, { accept })),
  );
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
  const listed = await fromAdmin(command, (api) =>
    api.all("GET /v1/objects", { query: { prefix, values: true } }),
  );
  if (!listed.ok) return listed;
  const objects = listed.value.flatMap((each): readonly ReadObject[] => {
    const { key, modRevision: revision, value, broken } = each;
    if (readKey(key).kind !== "object") return [];
    return [{ key, revision, ...(broken === undefined ? { value } : { broken }) }];
  });
  return ok(objects);
}
