/** What routes and services say in the same words: retries and rate limits. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { type Caution, replaced } from "./cautions.ts";
import { durationMs } from "./duration.ts";
import { durationWithin, full, integer, listOf } from "./leaves.ts";

const { retryAttempts, retryCodes, rateLimitTokens } = limits.decode;

/** Field names of the Gateway API's HTTPRouteRetry; one attempt's own limit is ours. */
export const retrySchema = z
  .object({
    attempts: integer(0, retryAttempts)
      .optional()
      .describe("Attempts after the first one; default 1, and 0 is none."),
    codes: listOf(integer(400, 599), retryCodes, "statuses")
      .optional()
      .describe("Statuses tried again, besides failed connections; default 502, 503 and 504."),
    backoff: durationWithin("1ms", "1m").optional().describe("Least pause between attempts."),
    perTry: durationWithin("1ms", "1h")
      .optional()
      .describe("Longest one attempt may take; default: as long as the request."),
  })
  .describe("Retries.");

export type RetryValue = z.infer<typeof retrySchema>;

/** Envoy fills a bucket every 50 ms at the most often, and a smaller bucket would be the rate. */
export const rateLimitSchema = z
  .object({
    requests: integer(1, rateLimitTokens).describe(
      "For each match of a rule, with a hashSplit twice, and for each match of a release's routes. A change of routes fills the buckets again.",
    ),
    per: durationWithin("50ms", "24h").optional().describe("Default 1s."),
    burst: integer(1, rateLimitTokens)
      .optional()
      .describe("Requests at once; default and least: `requests`."),
  })
  .superRefine(({ requests, burst = requests }, context) => {
    if (burst >= requests) return;
    const message = "a burst of fewer than requests would be the rate: give fewer in a shorter per";
    context.addIssue({ code: "custom", path: ["burst"], message, params: full });
  })
  .describe("Token buckets in every proxy.");

/** Of a limit that stands at `at`. */
export function rateLimitCautions(
  { per }: { readonly per?: string | undefined } = {},
  at: readonly PropertyKey[],
): readonly Caution[] {
  if (per === undefined || durationMs(per) <= 60_000) return [];
  const message =
    "every change of the routes fills the bucket again: in longer than 1m more requests may pass";
  return [replaced([...at, "per"], message)];
}

export type RateLimitValue = z.infer<typeof rateLimitSchema>;
