/**
 * YAML → plain JSON, by hand from the parser's nodes rather than by its own conversion: a version
 * written as the key `1.10` stays "1.10", duplicate keys are found in linear time, and aliases,
 * depth and size are bounded as they are expanded. https://yaml.org/spec/1.2.2/
 */
import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  parseDocument,
  type YAMLMap,
} from "yaml";
import { limits } from "../../config/limits.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { duplicateField, forbiddenField, halfSurrogate, tooDeep, tooMany } from "./json-scan.ts";
import { type Problem, problem } from "./problem.ts";

/** Reasons by the parser's codes: its own messages repeat the text, which may be a secret. */
const reasons: Readonly<Record<string, string>> = {
  ALIAS_PROPS: "an alias has properties of its own",
  BAD_INDENT: "the indentation is wrong, or a bracket is not closed",
  BLOCK_AS_IMPLICIT_KEY: "a nested mapping is not allowed on the same line",
  MISSING_CHAR: "a character is missing, such as a closing quote or bracket",
  MULTIPLE_DOCS: "it holds more than one document",
  TAB_AS_INDENT: "tabs are not allowed as indentation",
  TAG_RESOLVE_FAILED: "a tag is not known; only the tags of JSON types are",
};

export function parseYaml(text: string): Result<unknown, Problem> {
  if (text.length > limits.decode.yamlBytes) {
    const most = limits.decode.yamlBytes;
    return err(syntax(`not JSON, and more than the ${most} bytes that may be YAML`));
  }
  try {
    const document = parseDocument(text, {
      uniqueKeys: false,
      prettyErrors: false,
      logLevel: "error",
      schema: "core",
    });
    const fault = document.errors[0] ?? document.warnings[0];
    if (fault?.code === "RESOURCE_EXHAUSTION") return err(problem("VALUE_INVALID", [], tooDeep));
    if (fault !== undefined) {
      return err(syntax(`${reasons[fault.code] ?? "unexpected text"}${place(text, fault.pos[0])}`));
    }
    const expansion: Expansion = { document, aliases: 0, nodes: 0, fault: undefined };
    const value = expand(document.contents, 0, expansion);
    return expansion.fault === undefined ? ok(value) : err(expansion.fault);
  } catch {
    return err(syntax("the parser gave up"));
  }
}

const syntax = (reason: string): Problem =>
  problem("VALUE_SYNTAX", [], `neither JSON nor YAML: ${reason}`);

function place(text: string, offset: number): string {
  const lines = text.slice(0, offset).split("\n");
  return ` (line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1})`;
}

/** Progress of one conversion; the first fault ends it. */
interface Expansion {
  readonly document: Document;
  aliases: number;
  nodes: number;
  fault: Problem | undefined;
}

const noJsonType = "a value is of no JSON type";

function stop(expansion: Expansion, message: string): undefined {
  expansion.fault ??= problem("VALUE_INVALID", [], message);
}

function expand(node: unknown, depth: number, expansion: Expansion): unknown {
  if (expansion.fault !== undefined) return undefined;
  if (++expansion.nodes > limits.decode.nodes) return stop(expansion, tooMany);
  if (node === null || node === undefined) return null;
  if (isScalar(node)) return scalar(node.value, expansion);
  if (depth >= limits.decode.depth) return stop(expansion, tooDeep);
  if (isAlias(node)) return expandAlias(node, depth, expansion);
  if (isSeq(node)) return node.items.map((element) => expand(element, depth + 1, expansion));
  return isMap(node) ? expandMap(node, depth, expansion) : stop(expansion, noJsonType);
}

function expandAlias(alias: Alias, depth: number, expansion: Expansion): unknown {
  if (++expansion.aliases > limits.decode.yamlAliases) {
    return stop(expansion, `more than ${limits.decode.yamlAliases} aliases`);
  }
  const anchored = alias.resolve(expansion.document);
  if (anchored === undefined) return stop(expansion, "an alias has no anchor");
  return expand(anchored, depth + 1, expansion);
}

function expandMap(node: YAMLMap, depth: number, expansion: Expansion): unknown {
  const fields: Record<string, unknown> = {};
  for (const pair of node.items) {
    const name = fieldName(pair.key);
    if (name === undefined) return stop(expansion, "a field's name must be plain text");
    if (name === "__proto__") return stop(expansion, forbiddenField);
    if (Object.hasOwn(fields, name)) return stop(expansion, duplicateField(name));
    fields[name] = expand(pair.value, depth + 1, expansion);
    if (expansion.fault !== undefined) return undefined;
  }
  return fields;
}

/** Numbers, dates and `null` as keys keep the spelling of the text. */
function fieldName(key: unknown): string | undefined {
  if (!isScalar(key)) return undefined;
  if (typeof key.value === "string") return key.value;
  return key.source !== undefined && key.source !== "" ? key.source : undefined;
}

function scalar(value: unknown, expansion: Expansion): unknown {
  switch (typeof value) {
    case "string":
      return /\p{Cs}/u.test(value) ? stop(expansion, halfSurrogate) : value;
    case "number":
    case "boolean":
      return value;
    default:
      return value === null ? null : stop(expansion, noJsonType);
  }
}
