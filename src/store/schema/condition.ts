/**
 * Conditions on figures. What is wrong in one is told by the parser; which figures there are depends
 * on the provider.
 */
import { z } from "zod";
import { figuresIn } from "../../lib/condition/evaluate.ts";
import { parseCondition } from "../../lib/condition/parse.ts";
import { didYouMean, nearest } from "../../lib/did-you-mean.ts";
import { type Caution, replaced } from "./cautions.ts";
import { full } from "./leaves.ts";
import { isByProxies, type ProviderValue } from "./signal-provider.ts";

const conditionError = 'a condition such as "result.ratio5xx > 0.05"';

/** YAML may break its line. */
export const conditionSchema = z
  .string({ error: conditionError })
  .regex(/^(?:[^\p{Cc}]|[\t\n\r])*$/u, { error: conditionError, abort: true })
  .superRefine((text, context) => {
    const parsed = parseCondition(text);
    if (parsed.ok) return;
    context.addIssue({ code: "custom", message: parsed.error, params: full });
  });

/** Those of the proxies; whatever else backends report with their answers (ORCA) has a name as well. */
const proxyFigures = ["ratio5xx", "requests", "errors", "inProgress"] as const;

/** Why the provider can never decide the condition; undefined where it can, or does not parse. */
export function figureProblem(
  text: string | undefined,
  provider: ProviderValue | undefined,
): string | undefined {
  const figures = figuresOf(text);
  if (isByProxies(provider)) {
    if (!figures.includes("")) return undefined;
    return "proxies report figures with names: write result.ratio5xx, say, in place of result";
  }
  const named = figures.find((figure) => figure !== "");
  if (named === undefined) return undefined;
  return "this provider has one figure alone: write result, without a name behind it";
}

/** Figures that look like those of the proxies, and are none. */
export function figureCautions(
  text: string | undefined,
  provider: ProviderValue | undefined,
  at: readonly PropertyKey[],
): readonly Caution[] {
  if (!isByProxies(provider)) return [];
  return figuresOf(text)
    .filter(isDoubtful)
    .map((figure) => {
      const hint = didYouMean(figure, proxyFigures);
      const message = `proxies have no figure ${figure}${hint}: it is unknown until backends report it`;
      return replaced(at, message);
    });
}

const isDoubtful = (figure: string): boolean =>
  /^\w+$/.test(figure) &&
  !proxyFigures.some((known) => known === figure) &&
  nearest(figure, proxyFigures) !== undefined;

function figuresOf(text: string | undefined): readonly string[] {
  if (text === undefined) return [];
  const parsed = parseCondition(text);
  return parsed.ok ? figuresIn(parsed.value) : [];
}
