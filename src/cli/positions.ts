/** Line and column of a field in the file that it was written in, so that an editor can go there. */
import { type Document, isAlias, isMap, isNode, isSeq, parseDocument } from "yaml";
import { limits } from "../config/limits.ts";

/** Where an object stands in the text of a file. */
export interface Place {
  /** Of the whole document. */
  readonly source: Uint8Array;
  /** Line of the file that the document begins at, from 1. */
  readonly line: number;
  /** From the document's root to the object. */
  readonly steps: readonly Step[];
}

type Step = string | number;

export interface Position {
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
}

/**
 * Of the name of the field, or of the element of a list; of what is missing, that of the object that lacks
 * it. `path` as diagnostics have it. Undefined where the text cannot be read, or is too long for YAML.
 */
export function positionIn({ source, line, steps }: Place, path: string): Position | undefined {
  if (source.byteLength > limits.decode.yamlBytes) return undefined;
  const text = Buffer.from(source).toString();
  const document = parseDocument(text, {
    uniqueKeys: false,
    prettyErrors: false,
    logLevel: "error",
  });
  const [fault] = document.errors;
  const at = fault === undefined ? offsetOf(document, steps, stepsOf(path)) : fault.pos[0];
  const before = text.slice(0, at).split("\n");
  return { line: line + before.length - 1, column: (before.at(-1)?.length ?? 0) + 1 };
}

function offsetOf(document: Document, steps: readonly Step[], inside: readonly Step[]): number {
  const object = follow(document, { node: document.contents, at: 0 }, steps).reached;
  const direct = follow(document, object, inside);
  const long = follow(document, object, ["spec"]);
  // Not all diagnostics know of the long form.
  if (direct.left === 0 || long.left > 0) return direct.reached.at;
  return follow(document, long.reached, inside).reached.at;
}

/** `rules[0].labels["a b"]` → rules, 0, labels, a b. */
export function stepsOf(path: string): readonly Step[] {
  const steps: Step[] = [];
  for (const [, name, index, quoted] of path.matchAll(
    /([^.[\]]+)|\[(\d+)\]|\[("(?:[^"\\]|\\.)*")\]/g,
  )) {
    if (index !== undefined) steps.push(Number(index));
    else steps.push(name ?? (JSON.parse(quoted ?? '""') as string));
  }
  return steps;
}

interface Reached {
  readonly node: unknown;
  /** Offset in the text. */
  readonly at: number;
}

/** As far as the steps lead. */
function follow(document: Document, from: Reached, steps: readonly Step[]) {
  let reached = from;
  for (const [index, step] of steps.entries()) {
    const next = child(document, reached.node, step);
    if (next === undefined) return { reached, left: steps.length - index };
    reached = next;
  }
  return { reached, left: 0 };
}

function child(document: Document, parent: unknown, step: Step): Reached | undefined {
  const node = isAlias(parent) ? parent.resolve(document) : parent;
  if (isSeq(node) && typeof step === "number") {
    const item = node.items[step];
    return isNode(item) ? { node: item, at: item.range?.[0] ?? 0 } : undefined;
  }
  if (!isMap(node)) return undefined;
  const pair = node.items.find(({ key }) => isNode(key) && sameName(String(key), String(step)));
  return pair && isNode(pair.key) ? { node: pair.value, at: pair.key.range?.[0] ?? 0 } : undefined;
}

/** A diagnostic cuts a long name short, and Envoy's fields have a spelling in camel case as well. */
function sameName(written: string, named: string): boolean {
  if (named.endsWith("…")) return written.startsWith(named.slice(0, -1));
  return written === named || snake(written) === named;
}

const snake = (name: string): string =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
