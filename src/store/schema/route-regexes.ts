/**
 * Looks at all regular expressions of a route, lane or rollout: compiling them is bounded for the object
 * as a whole.
 */
import type { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full, reason } from "./leaves.ts";
import { regexProblem } from "./regex.ts";

export interface Regex {
  readonly at: readonly PropertyKey[];
  readonly value: string;
  /** Built of so many expressions that come right before it; it is looked at where they are fine. */
  readonly parts?: number;
}

export function checkRegexes(
  regexes: readonly Regex[],
  context: z.RefinementCtx,
  what: "route" | "lane" | "rollout" = "route",
): void {
  let chars = 0;
  const verdicts: boolean[] = [];
  for (const { at, value, parts } of regexes) {
    chars += value.length;
    const isTooMuch = chars > limits.decode.regexCharsPerRoute;
    const hasBadPart = parts !== undefined && verdicts.slice(-parts).includes(false);
    const message = isTooMuch ? tooManyChars(what) : hasBadPart ? undefined : regexProblem(value);
    verdicts.push(message === undefined);
    if (message === undefined) continue;
    // What was built of parts was not written by anyone.
    const params = parts === undefined ? reason : full;
    context.addIssue({ code: "custom", path: [...at], message, params });
    if (isTooMuch) return;
  }
}

const tooManyChars = (what: string): string =>
  `expected at most ${limits.decode.regexCharsPerRoute} characters of regular expressions ` +
  `in one ${what}`;

interface Condition {
  readonly type?: string | undefined;
  readonly value: string;
}

/** The regular expressions of a list of headers, query parameters or cookies. */
export const regexesOf = (
  conditions: readonly Condition[] | undefined,
  at: readonly PropertyKey[],
): readonly Regex[] =>
  (conditions ?? []).flatMap(({ type, value }, index) =>
    type === "RegularExpression" ? [{ at: [...at, index, "value"], value }] : [],
  );
