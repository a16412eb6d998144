/**
 * The end of a look-back, looked at by itself. A version that was well for long hides behind its
 * good past what began a moment ago: at 20 requests/s, 30 % of failures take 26 s to be more than
 * 5 % of 120 s. So the last seconds are looked at in stretches one after the other, and where each
 * of them alone proves that the condition holds, that is enough.
 *
 * One short stretch would not do: a version that is well fails in bursts at times, when something
 * that it needs is away for a second, and a burst is in one stretch, or at the edge of two.
 * `npm run simulate` has the figures: three stretches take next to nothing from such a version.
 */
import { limits } from "../../config/limits.ts";
import { evaluate, figuresIn } from "../../lib/condition/evaluate.ts";
import type { Guard } from "../../model/guard.ts";
import { type Counts, requestsOf } from "../../observe/load/signal.ts";
import { evidenceText, type Finding } from "./evidence-text.ts";
import { figuresOf } from "./figures.ts";
import type { MeasuredRequests } from "./measured.ts";

/**
 * Over which times the signal is wanted as well, the shortest first. Only of the error ratio it is
 * known how sure one can be, so only conditions on it alone are looked at so.
 */
export function quickLookbacks(guard: Guard): readonly number[] {
  const { stretchMs, stretches } = limits.judge;
  const figures = figuresIn(guard.failureCondition);
  if (guard.provider.kind !== "envoy" || figures.some((each) => each !== "ratio5xx")) return [];
  if (guard.lookbackMs < stretchMs * stretches) return [];
  return Array.from({ length: stretches }, (_, index) => (index + 1) * stretchMs);
}

/** The sentence that tells of a failure which every stretch proves. */
export function quickFailure(guard: Guard, measured: MeasuredRequests): string | undefined {
  const { failureCondition: condition } = guard;
  const recent = measured.recent ?? [];
  const longest = recent.at(-1);
  if (longest === undefined) return undefined;
  let seen: Counts = { ok: 0, errors: 0 };
  for (const { signal } of recent) {
    const { ok, errors } = signal.counts;
    const counts = { ok: Math.max(0, ok - seen.ok), errors: Math.max(0, errors - seen.errors) };
    if (requestsOf(counts) < guard.minRequests) return undefined;
    const stretch = { kind: "requests", signal: { ...signal, counts } } as const;
    if (evaluate(condition, figuresOf(stretch, guard)) !== "true") return undefined;
    seen = signal.counts;
  }
  const whole = { kind: "requests", signal: longest.signal } as const;
  const finding: Finding = { condition, truth: "true" };
  const text = evidenceText(whole, { ...guard, lookbackMs: longest.lookbackMs }, [finding]);
  return `${text}, in each of ${recent.length} stretches by itself`;
}
