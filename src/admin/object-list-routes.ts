/**
 * `GET /v1/objects`: what the server has read, key by key, in pages by `limit` and `after`, under a
 * `prefix`. With `values=true` the values of objects as well, without secrets.
 */
import { createHash } from "node:crypto";
import type { Context } from "hono";
import { limits } from "../config/limits.ts";
import { compareText } from "../lib/compare-text.ts";
import { readKey } from "../store/decode/key.ts";
import type { Entry } from "../store/store.ts";
import type { Routes } from "./context.ts";
import { objectValue } from "./object-value.ts";
import { problem } from "./problem.ts";
import { revisionNumber } from "./revision.ts";

/** One key as the server has read it; the value itself may be a secret, and is told by its hash. */
export interface ObjectJson {
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly sha256: string;
  /** With `values=true`, of what can be parsed and is not serin's own. */
  readonly value?: unknown;
  /** In place of `value`: why it cannot be parsed. */
  readonly broken?: string;
}

export const objectListRoutes: Routes = (app, { sources }) => {
  app.get("/v1/objects", (c) => {
    const asked = pageAsked(c);
    if (asked instanceof Response) return asked;
    const { after, prefix, values } = asked;
    if (values && sources.revision() === undefined) {
      return problem(503, "store-unavailable", "no full list of the store yet");
    }
    const isAsked = ({ key }: Entry): boolean =>
      key.startsWith(prefix) && compareText(key, after) > 0;
    const first = firstByKey(sources.entries().values(), isAsked, asked.limit);
    const page = pageOf(first.entries, values);
    const objects = page.map((entry) => objectJson(entry, values));
    const isWhole = !first.areMore && page.length === first.entries.length;
    const last = isWhole ? undefined : page.at(-1);
    return c.json(objects, 200, last === undefined ? {} : { link: nextLink(c, last.key) });
  });
};

interface PageAsked {
  /** Undefined: all. */
  readonly limit: number | undefined;
  readonly after: string;
  readonly prefix: string;
  readonly values: boolean;
}

function pageAsked(c: Context): PageAsked | Response {
  const { pageObjects } = limits.admin;
  const text = c.req.query("limit");
  const limit = text === undefined ? undefined : Number(text);
  if (limit !== undefined && !(/^\d+$/.test(text ?? "") && limit >= 1 && limit <= pageObjects)) {
    return problem(400, "bad-request", `limit: expected a number from 1 to ${pageObjects}`);
  }
  const values = c.req.query("values") === "true";
  return {
    limit: limit ?? (values ? pageObjects : undefined),
    after: c.req.query("after") ?? "",
    prefix: c.req.query("prefix") ?? "",
    values,
  };
}

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

/** https://www.rfc-editor.org/rfc/rfc8288 */
function nextLink(c: Context, after: string): string {
  const query = new URLSearchParams(c.req.query());
  query.set("after", after);
  return `</v1/objects?${query}>; rel="next"`;
}
