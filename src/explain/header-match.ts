/**
 * Header conditions. Where a header occurs more than once, one value that fits is enough; a header
 * that is missing fits no condition but "absent", inverted or not, unless it is to count as empty.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-headermatcher
 */
import type { HeaderMatcher, Int64Range } from "../proto/messages.ts";
import { bytesOf, lowerAscii, type RouterRequest, textOf } from "./request.ts";
import { matchesRegex, matchesText, textMatcherText } from "./text-match.ts";
import { no, type Verdict, yes } from "./verdict.ts";

export function matchHeader(matcher: HeaderMatcher, { headers }: RouterRequest): Verdict {
  const name = matcher.name ?? "";
  const values = headers.get(lowerAscii(bytesOf(name)));
  const wanted = `header ${name} ${conditionText(matcher)}`;
  const empty = matcher.treat_missing_header_as_empty === true ? [""] : undefined;
  if (holds(matcher, values ?? empty)) return yes(wanted);
  const given = values?.map((value) => JSON.stringify(textOf(value))).join(", ");
  return no(`${wanted}: it is ${given ?? "missing"}`);
}

function holds(matcher: HeaderMatcher, values: readonly string[] | undefined): boolean {
  const inverted = matcher.invert_match === true;
  const condition = valueCondition(matcher);
  if (condition === undefined) {
    const wanted = matcher.present_match ?? true;
    return ((values !== undefined) === wanted) !== inverted;
  }
  return values !== undefined && values.some(condition) !== inverted;
}

/** undefined: only whether it is present counts. */
function valueCondition(matcher: HeaderMatcher): ((value: string) => boolean) | undefined {
  const { string_match: text, safe_regex_match: regex, range_match: range } = matcher;
  const { exact_match: exact } = matcher;
  if (text !== undefined) return (value) => matchesText(text, value);
  if (regex !== undefined) return (value) => matchesRegex(regex, value);
  if (range !== undefined) return (value) => inRange(range, value);
  if (exact !== undefined) return (value) => exact === "" || value === bytesOf(exact);
  return undefined;
}

/** From the start to before the end, in whole numbers of 64 bits. */
function inRange({ start = 0, end = 0 }: Int64Range, value: string): boolean {
  const text = value.replaceAll(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, "");
  if (!/^[+-]?\d+$/.test(text)) return false;
  const number = BigInt(text.replace(/^\+/, ""));
  if (number !== BigInt.asIntN(64, number)) return false;
  return number >= BigInt(start) && number < BigInt(end);
}

function conditionText(matcher: HeaderMatcher): string {
  const { string_match: text, safe_regex_match: regex, range_match: range } = matcher;
  const not = matcher.invert_match === true ? "not: " : "";
  if (text !== undefined) return `${not}${textMatcherText(text)}`;
  if (regex !== undefined) return `${not}matches ${regex.regex ?? ""}`;
  if (range !== undefined) return `${not}from ${range.start ?? 0} to before ${range.end ?? 0}`;
  if (matcher.exact_match !== undefined) return `${not}is ${JSON.stringify(matcher.exact_match)}`;
  return (matcher.present_match ?? true) !== (matcher.invert_match === true)
    ? "is present"
    : "is absent";
}
