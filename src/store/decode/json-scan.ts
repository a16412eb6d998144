/**
 * What JSON.parse takes in silence: a field given twice, a field called `__proto__`, endless
 * nesting, and half of a surrogate pair, which protobuf cannot carry.
 */
import { limits } from "../../config/limits.ts";
import { clip } from "./problem.ts";

export const tooDeep = `nested deeper than ${limits.decode.depth} levels`;
export const tooMany = `more than ${limits.decode.nodes} values in one object`;
export const halfSurrogate = "a string holds half of a surrogate pair";

export const forbiddenField = "a field must not be called __proto__";
export const duplicateField = (name: string): string =>
  `the field ${JSON.stringify(clip(name))} is given twice`;

const isWellFormed = (text: string): boolean => !/\p{Cs}/u.test(text);

interface Scan {
  /** Names of the fields of each open object, undefined for each open array. */
  readonly open: (Set<string> | undefined)[];
  nodes: number;
  previous: string;
}

/** The first fault of a text that JSON.parse took; undefined where there is none. */
export function scanJson(text: string): string | undefined {
  const scan: Scan = { open: [], nodes: 0, previous: "" };
  for (let at = 0; at < text.length; at++) {
    const character = text.charAt(at);
    let fault: string | undefined;
    if (character === '"') {
      const end = stringEnd(text, at);
      fault = stringFault(text.slice(at, end + 1), fieldsFor(scan));
      at = end;
    } else if ("{}[],:".includes(character)) {
      fault = structure(character, scan);
    } else continue;
    if (fault !== undefined) return fault;
    scan.previous = character;
  }
  return undefined;
}

/** Index of the quote that closes the string opened at `start`. */
function stringEnd(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text.charAt(at - 1 - backslashes) === "\\") backslashes++;
  return backslashes % 2 === 1;
}

/** The names given before, where a string that comes now is the name of a field. */
function fieldsFor({ previous, open }: Scan): Set<string> | undefined {
  return previous === "{" || previous === "," ? open.at(-1) : undefined;
}

function structure(part: string, scan: Scan): string | undefined {
  if (part === "}" || part === "]") {
    scan.open.pop();
    return undefined;
  }
  if (part === ":") return undefined;
  if (++scan.nodes > limits.decode.nodes) return tooMany;
  if (part === ",") return undefined;
  scan.open.push(part === "{" ? new Set() : undefined);
  return scan.open.length > limits.decode.depth ? tooDeep : undefined;
}

function stringFault(part: string, fields: Set<string> | undefined): string | undefined {
  const hasEscapes = part.includes("\\");
  if (fields === undefined && !hasEscapes) return undefined;
  const text = hasEscapes ? String(JSON.parse(part)) : part.slice(1, -1);
  if (hasEscapes && !isWellFormed(text)) return halfSurrogate;
  if (fields === undefined) return undefined;
  if (text === "__proto__") return forbiddenField;
  if (fields.has(text)) return duplicateField(text);
  fields.add(text);
  return undefined;
}
