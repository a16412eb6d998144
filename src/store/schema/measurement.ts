/** What guards and analyses say in the same words: how often they look, and how sure they must be. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { durationWithin, integer } from "./leaves.ts";

const percentError = "a percentage from 0 to 100 with at most two decimals";

/** Two decimals are not exact in binary, so the nearest share must be the number itself. */
const isHundredth = (value: number): boolean => Math.round(value * 100) / 100 === value;

export const percent = z
  .number({ error: percentError })
  .refine((value) => value >= 0 && value <= 100 && isHundredth(value), { error: percentError });

/** More often than proxies report there is nothing new. */
export const interval = durationWithin("1s", "1h");

const confidenceError = "a number from 0.5 to 0.9999";

/** Counts are kept no longer. */
const mostLookback = `${limits.load.lookbackMs / 60_000}m`;

export const sampleShape = {
  lookback: durationWithin("1s", mostLookback)
    .optional()
    .describe("Whose requests count; default 120s."),
  minRequests: integer(1, 1_000_000)
    .optional()
    .describe("Fewer than these within the look-back prove nothing; default 20."),
  confidence: z
    .number({ error: confidenceError })
    .min(0.5, { error: confidenceError })
    .max(0.9999, { error: confidenceError })
    .optional()
    .describe("How sure a bound on a ratio must be, one-sided; default 0.99."),
};
