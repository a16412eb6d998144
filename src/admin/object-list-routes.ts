/**
 * `GET /v1/objects`: what the server has read, key by key, in pages by `limit` and `after`, under a
 * `prefix`. With `values=true` the values of objects as well, without secrets.
 */
import { createHash } from "node:crypto";
import { listObjects, type ObjectJson } from "../api/objects.ts";
import { limits } from "../config/limits.ts";
import { compareText } from "../lib/compare-text.ts";
import { readKey } from "../store/decode/key.ts";
import type { Entry } from "../store/store.ts";
import type { Routes } from "./context.ts";
import { objectValue } from "./object-value.ts";
import { nextPage } from "./page.ts";
import { problem } from "./problem.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";

export const objectListRoutes: Routes = (app, context) => {
  const { sources } = context;
  route(app, context, listObjects, ({ query }, c) => {
    const { after = "", prefix = "", values = false } = query;
    if (values && sources.revision() === undefined) {
      return problem(503, "store-unavailable", "no full list of the store yet");
    }
    const limit = query.limit ?? (values ? limits.admin.pageObjects : undefined);
    const isAsked = ({ key }: Entry): boolean =>
      key.startsWith(prefix) && compareText(key, after) > 0;
    const first = firstByKey(sources.entries().values(), isAsked, limit);
    const page = pageOf(first.entries, values);
    const isWhole = !first.areMore && page.length === first.entries.length;
    const last = isWhole ? undefined : page.at(-1);
    const objects = page.map((entry) => objectJson(entry, values));
    return reply(objects, last === undefined ? {} : nextPage(c, last.key));
  });
};

/**
 * The first of them in the order of their keys. A page costs one look at each key, and no sorting of all:
 * a server has 100,000 of them, and proxies to answer meanwhile.
 */
function firstByKey(
  entries: Iterable<Entry>,
  isAsked: (entry: Entry) => boolean,
  count = Number.POSITIVE_INFINITY,
): { readonly entries: readonly Entry[]; readonly areMore: boolean } {
  const kept: Entry[] = [];
  let bound: string | undefined;
  let areMore = false;
  const cut = (): void => {
    kept.sort((a, b) => compareText(a.key, b.key));
    if (kept.length <= count) return;
    kept.length = count;
    areMore = true;
    bound = kept.at(-1)?.key;
  };
  for (const entry of entries) {
    if (!isAsked(entry)) continue;
    if (bound !== undefined && compareText(entry.key, bound) > 0) continue;
    kept.push(entry);
    if (kept.length > 2 * count) cut();
  }
  cut();
  return { entries: kept, areMore };
}

/** As many as have room, and at least one. */
function pageOf(entries: readonly Entry[], values: boolean): readonly Entry[] {
  if (!values) return entries;
  let bytes = 0;
  const end = entries.findIndex(({ value }) => {
    const isFull = bytes >= limits.admin.pageBytes;
    bytes += value.byteLength;
    return isFull;
  });
  return end === -1 ? entries : entries.slice(0, end);
}

function objectJson(entry: Entry, values: boolean): ObjectJson {
  const { key, value, modRevision, createRevision } = entry;
  return {
    key,
    modRevision: revisionNumber(modRevision),
    createRevision: revisionNumber(createRevision),
    sha256: createHash("sha256").update(value).digest("hex"),
    ...(values && shownOf(entry)),
  };
}

export function shownOf({ key, value }: Entry): Pick<ObjectJson, "value" | "broken"> {
  const reading = readKey(key);
  if (reading.kind !== "object") return {};
  const shown = objectValue(reading.object, value);
  return shown.ok ? { value: shown.value } : { broken: shown.error };
}
