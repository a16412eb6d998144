/**
 * A number in the JSON answer of a web service. It is as old as a cache says that it is (`Age`), and else
 * of the moment at which it came.
 */
import { err, ok, type Result } from "../lib/result.ts";
import { type JsonPath, parseJsonPath } from "./json-path.ts";
import type { Measurement } from "./provider.ts";
import { type Asking, getJson, webUrl } from "./provider-http.ts";

export interface WebQuery {
  readonly url: string;
  /** `$.a.b[0]` */
  readonly jsonPath: string;
}

export async function askWeb(
  { url: text, jsonPath }: WebQuery,
  asking: Asking,
): Promise<Result<Measurement, string>> {
  const url = webUrl(text);
  if (url === undefined) return err("the address of the web service is no URL of http or https");
  const path = parseJsonPath(jsonPath);
  if (!path.ok) return path;
  const answer = await getJson(url, asking);
  if (!answer.ok) return answer;
  const { status, json, ageMs } = answer.value;
  const { origin: place } = url;
  if (status !== 200) return err(`${place} answers with status ${status}`);
  if (json === undefined) return err(`the answer of ${place} is no JSON`);
  const found = numberAt(json, path.value);
  if (!found.ok) return err(`in the answer of ${place}, ${jsonPath} ${found.error}`);
  return ok({ value: found.value, atMs: asking.clock.wallMs() - ageMs, ageMs });
}

/** A number, or a text that is one, as Prometheus writes them; the value itself is not repeated. */
function numberAt(json: unknown, path: JsonPath): Result<number, string> {
  let at: unknown = json;
  for (const step of path) {
    const next = stepInto(at, step);
    if (next === undefined) return err("leads to nothing");
    at = next;
  }
  const isText = typeof at === "string" && at.trim() !== "";
  const value = typeof at === "number" || isText ? Number(at) : Number.NaN;
  return Number.isFinite(value) ? ok(value) : err(`leads to ${kindOf(at)}, and not to a number`);
}

function stepInto(at: unknown, step: string | number): unknown {
  if (typeof step === "number") return Array.isArray(at) ? at[step] : undefined;
  if (typeof at !== "object" || at === null || Array.isArray(at)) return undefined;
  return Object.hasOwn(at, step) ? (at as Readonly<Record<string, unknown>>)[step] : undefined;
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  if (typeof value === "object") return "an object";
  return typeof value === "string" ? "a text" : "true or false";
}
