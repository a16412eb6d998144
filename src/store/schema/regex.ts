/**
 * Whether Envoy's RE2 would take an expression. A whole RouteConfiguration is rejected for one bad
 * expression, so decode errs on the side of refusing; test/integration/regex-envoy.test.ts holds it
 * against a real Envoy. https://github.com/google/re2/wiki/Syntax
 */
import { RE2JSException } from "re2js";
import { limits } from "../../config/limits.ts";
import { programSizeBound } from "./regex-size.ts";

/** RE2's own bound on `{n,m}`. */
const maxRepetition = 1_000;

/** Why Envoy would refuse `pattern`, as a full reason; undefined where it would take it. */
export function regexProblem(pattern: string): string | undefined {
  if (pattern === "") return "expected a regular expression, got an empty text";
  if (pattern.length > limits.decode.regexChars) {
    return `expected at most ${limits.decode.regexChars} characters of regular expression`;
  }
  return unlikeEnvoy(pattern) ?? unlikeRe2(pattern) ?? tooLarge(pattern);
}

/** What other engines have: the reasons are clearer than the parser's. */
function unlikeRe2(pattern: string): string | undefined {
  const outside = withoutClasses(pattern);
  if (/\(\?<?[=!]/.test(outside)) return "RE2 has no lookahead or lookbehind";
  if (/\\(?:[1-9]|k[<{'])/.test(outside)) return "RE2 has no backreferences";
  if (/\(\?>/.test(outside)) return "RE2 has no atomic groups";
  if (/(?<!\\)\{0+(?:,0+)?\}/.test(outside))
    return "a repetition of 0 times matches nothing: leave it out";
  // A program has more instructions than repetitions, so the large ones need no compiling.
  for (const [, least = "", most = ""] of outside.matchAll(/(?<!\\)\{(\d+)(?:,(\d*))?\}/g)) {
    const times = Math.max(Number(least), Number(most));
    if (times > maxRepetition) return `RE2 repeats at most ${maxRepetition} times`;
    if (times > limits.decode.regexProgram) return tooLargeWith(times);
  }
  return undefined;
}

/**
 * Envoy reads expressions and texts byte by byte (as Latin-1), and its tables of Unicode need not be
 * those of the port.
 */
function unlikeEnvoy(pattern: string): string | undefined {
  const escapes = pattern.replace(/\\\\/g, "..");
  for (const [written, hex, octal] of escapes.matchAll(/\\(?:x\{([\da-f]+)\}|([1-7][0-7]{2}))/gi)) {
    const code = hex === undefined ? Number.parseInt(octal ?? "", 8) : Number.parseInt(hex, 16);
    if (code > 0xff) return `Envoy matches bytes, and ${written.slice(0, 16)} is beyond \\x{FF}`;
  }
  for (const [, braced, letter = ""] of escapes.matchAll(/\\p(?:\{\^?([^}]*)\}|(.))/gi)) {
    if (!unicodeClasses.has(braced ?? letter)) {
      return "Envoy matches bytes: of \\p{…} only general categories such as \\p{Lu} are taken";
    }
  }
  return undefined;
}

const unicodeClasses: ReadonlySet<string> = new Set(
  (
    "Any Latin C Cc Cf Co Cs L Ll Lm Lo Lt Lu M Mc Me Mn N Nd Nl No " +
    "P Pc Pd Pe Pf Pi Po Ps S Sc Sk Sm So Z Zl Zp Zs"
  ).split(" "),
);

function tooLarge(pattern: string): string | undefined {
  try {
    const size = programSizeBound(Buffer.from(pattern).toString("latin1"));
    return size > limits.decode.regexProgram ? tooLargeWith(size) : undefined;
  } catch (error) {
    if (!(error instanceof RE2JSException)) throw error;
    return "expected a regular expression that RE2 can read";
  }
}

const tooLargeWith = (instructions: number): string =>
  `too large for Envoy: about ${instructions} instructions, at most ${limits.decode.regexProgram}; ` +
  "a counted repetition is written out, and each range of a class counts: use + or * for {n,m}";

/** The expression with escaped backslashes and character classes blanked out. */
const withoutClasses = (pattern: string): string =>
  pattern.replace(/\\\\/g, "..").replace(/(?<!\\)\[\^?\]?(?:\\.|\[:\w+:\]|[^\]\\])*\]/g, ".");
