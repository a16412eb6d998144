/**
 * One look of a guard at one version: does it fail? Only what is proven takes a version out: too
 * little, stale or no data hold, and so does a look that fails before the limit is reached. Pure:
 * what it remembers between looks goes in and comes out.
 */
import { evaluate } from "../../lib/condition/evaluate.ts";
import type { Guard } from "../../model/guard.ts";
import { requestsOf, type SubsetSignal } from "../../observe/load/signal.ts";
import { evidenceText, failures } from "./evidence-text.ts";
import { figuresOf, missingFigure } from "./figures.ts";
import { type Measured, subsetOf, withoutNews, withTooFew } from "./measured.ts";
import { duration, percent } from "./phrases.ts";
import { quickFailure } from "./quick-look.ts";

/** Of one guard and one version. */
export interface GuardMemory {
  /** Looks in a row that failed; one that holds neither counts nor breaks the row. */
  readonly failures: number;
  /** When it was last judged, on the clock of `nowMs`; undefined: never. */
  readonly lookedAtMs: number | undefined;
}

export const neverLooked: GuardMemory = { failures: 0, lookedAtMs: undefined };

export interface GuardJudgement {
  /**
   * `fail`: the guard trips. `pass`: enough was seen, and a failure is not proven. `hold`: nothing
   * can be said, so a release must not go on for this guard's sake, and nothing is taken out.
   */
  readonly verdict: "pass" | "fail" | "hold";
  /** One sentence for an operator. */
  readonly reason: string;
  readonly memory: GuardMemory;
}

/** When the next look is due, on the clock of `nowMs`. */
export const lookDueAtMs = (guard: Guard, { lookedAtMs }: GuardMemory): number =>
  lookedAtMs === undefined ? Number.NEGATIVE_INFINITY : lookedAtMs + guard.intervalMs;

/**
 * `nowMs` is monotonic. The signal is over the guard's look-back, with those over its
 * `quickLookbacks`; for a version that has come back by `retry`, over a shorter one that begins
 * there (of the guard as well), or its old failures trip it again.
 */
export function judgeGuard(
  guard: Guard,
  measured: Measured,
  memory: GuardMemory,
  nowMs: number,
): GuardJudgement {
  const nothing =
    notYetDue(guard, subsetOf(measured), memory, nowMs) ?? withoutNews(measured, guard.lookbackMs);
  if (nothing !== undefined) return { verdict: "hold", reason: nothing, memory };
  if (measured.kind !== "requests") return judged(guard, measured, memory, nowMs);
  const hard = hardTripOf(guard, measured.signal);
  if (hard !== undefined) {
    return { verdict: "fail", reason: hard, memory: failedAgain(memory, nowMs) };
  }
  const few = withTooFew(measured.signal, guard.minRequests, guard.lookbackMs);
  return few === undefined
    ? judged(guard, measured, memory, nowMs)
    : { verdict: "hold", reason: few, memory };
}

function judged(
  guard: Guard,
  measured: Measured,
  memory: GuardMemory,
  nowMs: number,
): GuardJudgement {
  const condition = guard.failureCondition;
  const truth = evaluate(condition, figuresOf(measured, guard));
  if (truth === "unknown") {
    const missing = missingFigure(measured, guard, condition);
    if (missing !== undefined) return { verdict: "hold", reason: missing, memory };
  }
  const looksQuick = truth !== "true" && measured.kind === "requests";
  const quick = looksQuick ? quickFailure(guard, measured) : undefined;
  const reason = quick ?? evidenceText(measured, guard, [{ condition, truth }]);
  if (truth !== "true" && quick === undefined) {
    return { verdict: "pass", reason, memory: { failures: 0, lookedAtMs: nowMs } };
  }
  const after = failedAgain(memory, nowMs);
  if (after.failures > guard.failureLimit) return { verdict: "fail", reason, memory: after };
  const which = `failing look ${after.failures} in a row, ${guard.failureLimit} may be`;
  return { verdict: "hold", reason: `${reason} (${which})`, memory: after };
}

const failedAgain = (memory: GuardMemory, nowMs: number): GuardMemory => ({
  failures: memory.failures + 1,
  lookedAtMs: nowMs,
});

/** Looks that held do not count, so data that comes late is looked at when it comes. */
function notYetDue(
  guard: Guard,
  subset: string,
  memory: GuardMemory,
  nowMs: number,
): string | undefined {
  const waitMs = lookDueAtMs(guard, memory) - nowMs;
  // A clock that went back must not make the guard wait for it to catch up.
  if (waitMs <= 0 || waitMs > guard.intervalMs) return undefined;
  return `${subset}: looked at a moment ago, the next look is in ${duration(waitMs)}`;
}

/**
 * So much fails that neither the bound nor further looks are waited for: the sentence that says so.
 */
function hardTripOf(
  { hardTrip, lookbackMs }: Guard,
  { subset, counts }: SubsetSignal,
): string | undefined {
  if (hardTrip === undefined) return undefined;
  const { minRequests, ratio } = hardTrip;
  const requests = requestsOf(counts);
  if (requests < minRequests || counts.errors < ratio * requests) return undefined;
  const rule = `${percent(ratio)} or more of at least ${minRequests} (hard trip)`;
  return `${subset}: ${failures(counts, lookbackMs)}, ${rule}`;
}
