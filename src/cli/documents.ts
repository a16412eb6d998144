/**
 * Objects in the text of a file: one or several documents, in YAML or JSON. A document is an object in the
 * long form; `key` and `value`, as `serin get` prints them; values by their keys; a list of these; or a value
 * whose key the path says.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { readKey } from "../store/decode/key.ts";
import { longFormKey } from "../store/decode/long-form.ts";
import { parseValue } from "../store/decode/parse.ts";
import type { Place } from "./positions.ts";

export interface InputObject {
  readonly key: string;
  readonly value: Uint8Array;
  /** At which the document says that it was read; undefined: it says nothing. */
  readonly revision: number | undefined;
  readonly place: Place;
}

type Found = Result<readonly InputObject[], string>;

/** Fails with one sentence. `pathKey`: what the file's path says. */
export function objectsIn(
  bytes: Uint8Array,
  pathKey: string | undefined,
  keyFrom: "path" | "document",
): Found {
  const isKey = pathKey !== undefined && readKey(pathKey).kind !== "wrong";
  if (pathKey !== undefined && (keyFrom === "path" || (isKey && isReserved(pathKey)))) {
    const place = { source: bytes, line: 1, steps: [] };
    return ok([{ key: pathKey, value: bytes, revision: undefined, place }]);
  }
  const documents = splitDocuments(Buffer.from(bytes).toString());
  const objects: InputObject[] = [];
  for (const { text, line } of documents) {
    const raw = Buffer.from(text);
    const parsed = parseValue(raw);
    const where = documents.length === 1 ? "" : `document at line ${line}: `;
    if (!parsed.ok) return err(where + parsed.error.message);
    const single = documents.length === 1 && isKey ? pathKey : undefined;
    const place = { source: raw, line, steps: [] };
    const found = fromValue(parsed.value, { raw, pathKey: single, place });
    if (!found.ok) return err(where + found.error);
    objects.push(...found.value);
  }
  return ok(objects);
}

const isReserved = (key: string): boolean => readKey(key).kind !== "object";

interface Document {
  readonly text: string;
  /** Of the file, from 1. */
  readonly line: number;
}

/** https://yaml.org/spec/1.2.2/#9-document-stream-productions: the marks are marks wherever they stand. */
function splitDocuments(text: string): readonly Document[] {
  const documents: Document[] = [];
  let lines: string[] = [];
  let first = 1;
  const end = (next: number): void => {
    const isEmpty = lines.every((line) => /^\s*(?:#|$)|^%/.test(line));
    if (!isEmpty) documents.push({ text: lines.join("\n"), line: first });
    lines = [];
    first = next;
  };
  for (const [index, line] of text.split("\n").entries()) {
    const [, mark, rest = ""] = /^(---|\.\.\.)(?:\s+(.*))?$/.exec(line) ?? [];
    if (mark === undefined) {
      lines.push(line);
    } else {
      end(index + 1);
      lines.push(mark === "---" ? rest : "");
    }
  }
  end(0);
  return documents;
}

interface Origin {
  /** Text of the whole document; undefined for a part of it. */
  readonly raw: Uint8Array | undefined;
  readonly pathKey: string | undefined;
  readonly place: Place;
}

type Fields = Readonly<Record<string, unknown>>;

const isFields = (value: unknown): value is Fields =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function fromValue(value: unknown, { raw, pathKey, place }: Origin): Found {
  if (Array.isArray(value)) return fromList(value, place);
  if (isFields(value)) {
    if (isList(value)) return fromList(value["items"], below(place, "items"));
    if (isKeyed(value)) return ok([keyed(value, below(place, "value"))]);
    const own = longFormKey(value);
    if (own !== undefined) return ok([object(own, value, raw, place)]);
    const names = Object.keys(value);
    if (names.length > 0 && names.every((name) => name.includes("/"))) {
      return ok(names.map((name) => object(name, value[name], undefined, below(place, name))));
    }
  }
  return pathKey === undefined ? err(noKey) : ok([object(pathKey, value, raw, place)]);
}

const below = (place: Place, step: string | number): Place => ({
  ...place,
  steps: [...place.steps, step],
});

const noKey =
  "no key follows from this path, nor from what is there: expected a path such as weights/web.yaml, " +
  'kind and metadata.name, "key" and "value", or values by their keys';

function fromList(values: readonly unknown[], place: Place): Found {
  const objects: InputObject[] = [];
  for (const [index, value] of values.entries()) {
    const origin = { raw: undefined, pathKey: undefined, place: below(place, index) };
    const found = fromValue(value, origin);
    if (!found.ok) return found;
    objects.push(...found.value);
  }
  return ok(objects);
}

/** As `kubectl get -o yaml` prints several. */
const isList = (value: Fields): value is Fields & { readonly items: readonly unknown[] } =>
  typeof value["kind"] === "string" &&
  value["kind"].endsWith("List") &&
  Array.isArray(value["items"]);

interface Keyed extends Fields {
  readonly key: string;
  readonly value: unknown;
}

/** No object has such fields: a subset may be called `key`, but its weight is a number. */
const isKeyed = (value: Fields): value is Keyed =>
  typeof value["key"] === "string" &&
  Object.hasOwn(value, "value") &&
  Object.keys(value).every((name) => ["key", "value", "revision"].includes(name));

function keyed({ key, value, revision }: Keyed, place: Place): InputObject {
  const isRevision = typeof revision === "number" && Number.isSafeInteger(revision);
  return {
    ...object(key, value, undefined, place),
    revision: isRevision ? revision : undefined,
  };
}

const object = (
  key: string,
  value: unknown,
  raw: Uint8Array | undefined,
  place: Place,
): InputObject => ({
  key,
  value: raw ?? Buffer.from(JSON.stringify(value)),
  revision: undefined,
  place,
});
