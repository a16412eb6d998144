/**
 * The small part of JSONPath that leads to one value: `$.a.b[0]`, with `["any name"]` for names that are
 * no words. https://www.rfc-editor.org/rfc/rfc9535
 */
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";

/** Names of members, and indices of elements. */
export type JsonPath = readonly (string | number)[];

const step = /\.([\p{L}_][\p{L}\p{N}_-]*)|\[(\d{1,9})\]|\["([^"\\]*)"\]|\['([^'\\]*)'\]/uy;

/** The error is one sentence that says what is wrong, and where. */
export function parseJsonPath(text: string): Result<JsonPath, string> {
  const { jsonPathChars, jsonPathSteps } = limits.provider;
  if (text.length > jsonPathChars) {
    return err(`a JSON path has at most ${jsonPathChars} characters, and not ${text.length}`);
  }
  if (!text.startsWith("$")) return err('a JSON path begins with "$", as in $.a.b[0]');
  const path: (string | number)[] = [];
  for (let at = 1; at < text.length; ) {
    step.lastIndex = at;
    const found = step.exec(text);
    if (found === null) {
      return err(`at character ${at + 1} of the JSON path, expected .name, [0] or ["name"]`);
    }
    const [, word, index, quoted, other] = found;
    path.push(index === undefined ? (word ?? quoted ?? other ?? "") : Number(index));
    at = step.lastIndex;
  }
  return path.length > jsonPathSteps
    ? err(`a JSON path has at most ${jsonPathSteps} steps, and not ${path.length}`)
    : ok(path);
}
