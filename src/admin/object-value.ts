/** An object's value as the API answers it and takes it: as JSON or YAML, without secrets. */
import { stringify } from "yaml";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ObjectKey } from "../store/decode/key.ts";
import { parseValue } from "../store/decode/parse.ts";
import { mayBeSecret, redactedPath, shownValue } from "./object-redaction.ts";

export type ObjectFormat = "json" | "yaml";

/** JSON unless YAML is asked for. */
export const formatAsked = (accept: string | undefined): ObjectFormat =>
  accept !== undefined && /\byaml\b/i.test(accept) ? "yaml" : "json";

/** https://www.rfc-editor.org/rfc/rfc9512 */
export const contentType = (format: ObjectFormat): string => `application/${format}`;

/** Parsed, and without secrets; the failure says what is wrong with the value, and repeats none. */
export function objectValue(key: ObjectKey, value: Uint8Array): Result<unknown, string> {
  const parsed = parseValue(value);
  return parsed.ok ? ok(shownValue(key, parsed.value)) : err(parsed.error.message);
}

/** YAML that was written as such keeps its comments, where nothing in it has to be taken out. */
export function objectText(
  key: ObjectKey,
  value: Uint8Array,
  format: ObjectFormat,
): Result<string, string> {
  const shown = objectValue(key, value);
  if (!shown.ok) return shown;
  if (format === "json") return ok(`${JSON.stringify(shown.value, null, 2)}\n`);
  const text = Buffer.from(value).toString();
  const isAsWritten = parsedJson(text) === undefined && redactedPath(shown.value) === undefined;
  if (isAsWritten && !mayBeSecret(key)) return ok(text);
  return ok(stringify(shown.value, { lineWidth: 100, aliasDuplicateObjects: false }));
}

/** What is wrong with a body besides what decode says; undefined: nothing. */
export function bodyProblem(
  value: Uint8Array,
  mediaType: string | undefined,
): { readonly path: string; readonly message: string } | undefined {
  if (/^application\/json\b/i.test(mediaType ?? "") && parsedJson(value) === undefined) {
    return { path: "", message: "not JSON, which its Content-Type says" };
  }
  const parsed = parseValue(value);
  const path = parsed.ok ? redactedPath(parsed.value) : undefined;
  const message = "a secret that was not shown stands here as [redacted]: write the value itself";
  return path === undefined ? undefined : { path, message };
}
