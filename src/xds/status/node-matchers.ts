/**
 * Which proxies a request for status means. A field that is not understood is refused: passed over, it
 * would mean more proxies than were asked for.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/matcher/v3/node.proto
 */
import { RE2JS } from "re2js";
import { limits } from "../../config/limits.ts";
import type { NodeMatcher, StringMatcher, StructMatcher } from "../../proto/messages.ts";
import type { ProxyNode } from "../node.ts";

/** Whether a proxy is meant. */
export type NodeTest = (node: ProxyNode) => boolean;

/** What is wrong with a matcher, for the one who asks. */
export class MatcherFault extends Error {}

/** Any of them; no matchers mean every proxy. Throws a `MatcherFault`. */
export function anyOfMatchers(matchers: readonly NodeMatcher[]): NodeTest {
  const tests = matchers.map((matcher, index) => nodeTest(matcher, `node_matchers[${index}]`));
  return tests.length === 0 ? () => true : (node) => tests.some((matches) => matches(node));
}

function nodeTest({ node_id: id, node_metadatas: metadata = [] }: NodeMatcher, at: string) {
  const idMatches = id && textTest(id, `${at}.node_id`);
  const tests = metadata.map((each, index) => metadataTest(each, `${at}.node_metadatas[${index}]`));
  return (node: ProxyNode): boolean =>
    idMatches?.(node.id) !== false && tests.every((matches) => matches(node));
}

/** Of its metadata a node keeps the texts at the top level. */
function metadataTest({ path = [], value = {} }: StructMatcher, at: string): NodeTest {
  const [first, ...more] = path;
  const { string_match: text, ...others } = value;
  if (first?.key === undefined || more.length > 0) {
    throw new MatcherFault(`${at}.path: one key is expected`);
  }
  if (text === undefined || Object.keys(others).length > 0) {
    throw new MatcherFault(`${at}.value: string_match is expected`);
  }
  const { key } = first;
  const matches = textTest(text, `${at}.value.string_match`);
  return ({ metadata: given }) => {
    const found = given.get(key);
    return found !== undefined && matches(found);
  };
}

type TextTest = (text: string) => boolean;

function textTest(matcher: StringMatcher, at: string): TextTest {
  const { exact, prefix, suffix, contains, safe_regex: regex, ignore_case: folds } = matcher;
  if (regex !== undefined) return regexTest(regex.regex ?? "", `${at}.safe_regex`);
  const fold = (text: string): string => (folds === true ? text.toLowerCase() : text);
  const test = (wanted: string, holds: (text: string, wanted: string) => boolean): TextTest => {
    const folded = fold(wanted);
    return (text) => holds(fold(text), folded);
  };
  if (exact !== undefined) return test(exact, (text, wanted) => text === wanted);
  if (prefix !== undefined) return test(prefix, (text, wanted) => text.startsWith(wanted));
  if (suffix !== undefined) return test(suffix, (text, wanted) => text.endsWith(wanted));
  if (contains !== undefined) return test(contains, (text, wanted) => text.includes(wanted));
  const known = "exact, prefix, suffix, contains or safe_regex";
  throw new MatcherFault(`${at}: one of ${known} is expected`);
}

/** The whole text must match, and a text that is longer than a name may be does not. */
function regexTest(pattern: string, at: string): TextTest {
  const { regexChars, regexProgram } = limits.decode;
  if (pattern.length > regexChars) throw new MatcherFault(`${at}: longer than ${regexChars}`);
  const compiled = compile(pattern);
  if (compiled === undefined) throw new MatcherFault(`${at}: no regular expression of RE2`);
  if (compiled.programSize() > regexProgram) {
    throw new MatcherFault(`${at}: too large, its program may have ${regexProgram} instructions`);
  }
  return (text) => text.length <= limits.xds.nameBytes && compiled.matches(text);
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
