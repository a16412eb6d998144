/**
 * Envoy's comparisons of texts, on bytes (`request.ts`).
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/type/matcher/v3/string.proto
 */
import { RE2JS } from "re2js";
import type { RegexMatchAndSubstitute, RegexMatcher, StringMatcher } from "../proto/messages.ts";
import { bytesOf, lowerAscii } from "./request.ts";

/** Envoy refuses `ignore_case` beside a regular expression. */
export function matchesText(matcher: StringMatcher, value: string): boolean {
  if (matcher.safe_regex !== undefined) return matchesRegex(matcher.safe_regex, value);
  const fold = (text: string): string => (matcher.ignore_case === true ? lowerAscii(text) : text);
  const given = fold(value);
  const wanted = (text: string): string => fold(bytesOf(text));
  if (matcher.prefix !== undefined) return given.startsWith(wanted(matcher.prefix));
  if (matcher.suffix !== undefined) return given.endsWith(wanted(matcher.suffix));
  if (matcher.contains !== undefined) return given.includes(wanted(matcher.contains));
  return given === wanted(matcher.exact ?? "");
}

/** What a matcher wants, for people: `is "canary"`. */
export function textMatcherText(matcher: StringMatcher): string {
  const { safe_regex: regex, prefix, suffix, contains, exact = "" } = matcher;
  const fold = matcher.ignore_case === true ? " in any case" : "";
  if (regex !== undefined) return `matches ${regex.regex ?? ""}`;
  if (prefix !== undefined) return `starts with ${JSON.stringify(prefix)}${fold}`;
  if (suffix !== undefined) return `ends with ${JSON.stringify(suffix)}${fold}`;
  if (contains !== undefined) return `contains ${JSON.stringify(contains)}${fold}`;
  return `is ${JSON.stringify(exact)}${fold}`;
}

/** Compiled once for as long as the rules live. */
const compiled = new WeakMap<RegexMatcher, RE2JS>();

function compile(matcher: RegexMatcher): RE2JS {
  const known = compiled.get(matcher);
  if (known !== undefined) return known;
  const regex = RE2JS.compile(bytesOf(matcher.regex ?? ""));
  compiled.set(matcher, regex);
  return regex;
}

/** The whole value must match. */
export const matchesRegex = (matcher: RegexMatcher, value: string): boolean =>
  compile(matcher).matches(value);

/** Every match replaced as RE2 does: `\1` is the first group, `\0` the whole match. */
export function rewrite({ pattern, substitution = "" }: RegexMatchAndSubstitute, value: string) {
  if (pattern === undefined) return value;
  const matcher = compile(pattern).matcher(value);
  const replacement = bytesOf(substitution);
  let done = "";
  let end = -1;
  while (matcher.find()) {
    // An empty match right behind the last one is none.
    if (matcher.start() === matcher.end() && matcher.start() === end) continue;
    done += value.slice(Math.max(end, 0), matcher.start());
    done += replacement.replaceAll(/\\([\\0-9])/g, (_, what: string) =>
      what === "\\" ? "\\" : (matcher.group(Number(what)) ?? ""),
    );
    end = matcher.end();
  }
  return done + value.slice(Math.max(end, 0));
}
