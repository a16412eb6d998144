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
  const regexes = new Regexes();
  const tests = matchers.map((matcher, index) =>
    nodeTest(matcher, `node_matchers[${index}]`, regexes),
  );
  return tests.length === 0 ? () => true : (node) => tests.some((matches) => matches(node));
}

function nodeTest(matcher: NodeMatcher, at: string, regexes: Regexes): NodeTest {
  const { node_id: id, node_metadatas: metadata = [] } = matcher;
  const idMatches = id && textTest(id, `${at}.node_id`, regexes);
  const tests = metadata.map((each, index) =>
    metadataTest(each, `${at}.node_metadatas[${index}]`, regexes),
  );
  return (node: ProxyNode): boolean =>
    idMatches?.(node.id) !== false && tests.every((matches) => matches(node));
}

/** Of its metadata a node keeps the texts at the top level. */
function metadataTest(matcher: StructMatcher, at: string, regexes: Regexes): NodeTest {
  const { path = [], value = {} } = matcher;
  const [first, ...more] = path;
  const { string_match: text, ...others } = value;
  if (first?.key === undefined || more.length > 0) {
    throw new MatcherFault(`${at}.path: one key is expected`);
  }
  if (text === undefined || Object.keys(others).length > 0) {
    throw new MatcherFault(`${at}.value: string_match is expected`);
  }
  const { key } = first;
  const matches = textTest(text, `${at}.value.string_match`, regexes);
  return ({ metadata: given }) => {
    const found = given.get(key);
    return found !== undefined && matches(found);
  };
}

type TextTest = (text: string) => boolean;

function textTest(matcher: StringMatcher, at: string, regexes: Regexes): TextTest {
  const { exact, prefix, suffix, contains, safe_regex: regex, ignore_case: folds } = matcher;
  if (regex !== undefined) return regexes.test(regex.regex ?? "", `${at}.safe_regex`);
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

/** Those of one request: all of them together are bounded, as they are compiled and run at once. */
class Regexes {
  #chars = 0;
  #instructions = 0;

  /** The whole text must match, and a text that is longer than a name may be does not. */
  test(pattern: string, at: string): TextTest {
    const { nameBytes, statusRegexChars, statusRegexProgram } = limits.xds;
    this.#chars += pattern.length;
    if (this.#chars > statusRegexChars) {
      throw new MatcherFault(`${at}: too long, all may have ${statusRegexChars} characters`);
    }
    const compiled = compile(pattern);
    if (compiled === undefined) throw new MatcherFault(`${at}: no regular expression of RE2`);
    this.#instructions += compiled.programSize();
    if (this.#instructions > statusRegexProgram) {
      throw new MatcherFault(`${at}: too large, all may have ${statusRegexProgram} instructions`);
    }
    return (text) => text.length <= nameBytes && compiled.matches(text);
  }
}

function compile(pattern: string): RE2JS | undefined {
  try {
    return RE2JS.compile(pattern);
  } catch {
    return undefined;
  }
}
