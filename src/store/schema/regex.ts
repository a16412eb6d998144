/**
 * Whether Envoy's RE2 would take an expression. A whole RouteConfiguration is rejected for one bad
 * expression, so decode errs on the side of refusing. https://github.com/google/re2/wiki/Syntax
 */
import { limits } from "../../config/limits.ts";

/** RE2's own bound on `{n,m}`. */
const maxRepetition = 1_000;

/** Why RE2 would refuse `pattern`, as a full reason; undefined where it would take it. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern === "") return "expected a regular expression, got an empty text";
  if (pattern.length > limits.decode.regexChars) {
    return `expected at most ${limits.decode.regexChars} characters of regular expression`;
  }
  const outside = withoutClasses(pattern);
  if (/\(\?<?[=!]/.test(outside)) return "RE2 has no lookahead or lookbehind";
  if (/\\(?:[1-9]|k[<{'])/.test(outside)) return "RE2 has no backreferences";
  if (/\(\?>/.test(outside)) return "RE2 has no atomic groups";
  for (const [, least = "", most = ""] of outside.matchAll(/\{(\d+)(?:,(\d*))?\}/g)) {
    if (Number(least) > maxRepetition || Number(most) > maxRepetition) {
      return `RE2 repeats at most ${maxRepetition} times`;
    }
  }
  return compiles(pattern) ? undefined : "expected a regular expression that RE2 can read";
}

/** The expression with escaped backslashes and character classes blanked out. */
const withoutClasses = (pattern: string): string =>
  pattern.replace(/\\\\/g, "..").replace(/(?<!\\)\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]/g, ".");

/** JavaScript stands in for RE2 once the syntax that only RE2 has is rewritten. */
function compiles(pattern: string): boolean {
  const rewritten = pattern
    .replace(/\(\?[imsU]*(?:-[imsU]+)?:/g, "(?:")
    .replace(/\(\?[imsU]*(?:-[imsU]+)?\)/g, "")
    .replace(/\(\?P</g, "(?<")
    .replace(/\[:\^?\w+:\]/g, "a-z");
  try {
    return new RegExp(rewritten) instanceof RegExp;
  } catch {
    return false;
  }
}
