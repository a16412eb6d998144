/**
 * `status/rollouts/<service>`, `status/guards/<service>` and `status/health/<service>`, which serin
 * writes and reads itself. An unknown field is refused: it is of a later version, and would be lost
 * with the next write.
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { isName } from "../../model/names.ts";
import { thisRevision } from "../../model/rollout-status.ts";
import { integer, name, share, text } from "./leaves.ts";

/** What a Date holds. */
const lastTimeMs = 8.64e15;

const time = integer(0, lastTimeMs);
const count = integer(0, Number.MAX_SAFE_INTEGER);
const sentence = text(limits.rollout.messageChars);
const label = text(256);

const revision = z
  .string()
  .regex(/^\d{1,20}$/, { error: "a revision" })
  .or(z.literal(thisRevision));

const metricKey = z.string().refine((key) => isName(key.replace(/^background\//, "")), {
  error: "a metric's name, or background/ and such a name",
});

const tally = z.strictObject({
  successful: count,
  failed: count,
  inconclusive: count,
  errors: count,
  consecutiveErrors: count,
  lastAtMs: time,
});

export const waitReasons = [
  "Acknowledgement",
  "Rejected",
  "NoProxies",
  "Signal",
  "Analysis",
  "Gate",
  "GateFailed",
  "Window",
  "CanaryPauseStep",
  "Held",
  "InconclusiveAnalysisRun",
  "WeightsChanged",
] as const;

export const rolloutPhases = ["Progressing", "Paused", "Degraded", "Healthy"] as const;

export const rolloutStatusSchema = z.strictObject({
  specHash: label,
  phase: z.enum(rolloutPhases),
  step: count,
  stepStartedMs: time,
  writtenRevision: revision.optional(),
  reachedMs: time.optional(),
  writtenStep: count.optional(),
  canaryPercent: share(100),
  weights: z.record(name, share(Number.MAX_SAFE_INTEGER)).optional(),
  waits: z.strictObject({ for: z.enum(waitReasons), sinceMs: time }).optional(),
  idleMs: time,
  held: z.boolean(),
  promoted: z.enum(["no", "step", "full"]),
  aborted: z
    .strictObject({ atMs: time, by: sentence, reason: sentence, keeps: sentence.optional() })
    .optional(),
  backgroundSinceMs: time.optional(),
  retriedMs: time.optional(),
  tallies: z.record(metricKey, tally),
  message: sentence,
  operation: label,
});

const latch = z.strictObject({ atMs: time, guard: label, evidence: sentence });

export const guardStatusSchema = z.strictObject({
  latched: z.record(name, latch),
  retried: z.record(name, time),
  operation: label,
});

/** Nobody but serin writes addresses here, and it looks them up and nothing else. */
const address = text(64, 1);

export const healthStatusSchema = z.strictObject({
  sick: z.record(
    address,
    z.strictObject({
      sinceMs: time,
      kind: z.enum(["answer", "timeout", "connection"]),
      reason: sentence,
      backMs: time.optional(),
    }),
  ),
  operation: label,
});
