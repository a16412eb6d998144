/**
 * Bytes of a value → plain JSON. JSON is tried first where the text begins like it, then YAML; both
 * give the same kind of value, with unique keys, bounded depth and no surprises left inside.
 */
import { limits } from "../../config/limits.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { scanJson } from "./json-scan.ts";
import { type Problem, problem } from "./problem.ts";
import { parseYaml } from "./yaml.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true });

export function parseValue(bytes: Uint8Array): Result<unknown, Problem> {
  if (bytes.length > limits.store.valueBytes) {
    const message = `${bytes.length} bytes; a value may have at most ${limits.store.valueBytes}`;
    return err(problem("VALUE_TOO_LARGE", [], message));
  }
  const text = decodeText(bytes);
  if (text === undefined) return err(problem("VALUE_SYNTAX", [], "the value is not UTF-8 text"));
  if (text.trim() === "") return err(problem("VALUE_SYNTAX", [], "the value is empty"));
  if (!/^\s*[{[]/.test(text)) return parseYaml(text);
  const json = parseJson(text);
  if (json === undefined) return parseYaml(text);
  const fault = scanJson(text);
  return fault === undefined ? ok(json.value) : err(problem("VALUE_INVALID", [], fault));
}

function decodeText(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
