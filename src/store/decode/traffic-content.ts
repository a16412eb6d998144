/** Checked retries, rate limits and sticky splits → the model, with the defaults filled in. */
import type { HashSplit, RateLimit, Retry } from "../../model/traffic.ts";
import { durationMs } from "../schema/duration.ts";
import type { HashSplitValue } from "../schema/route-traffic.ts";
import type { RateLimitValue, RetryValue } from "../schema/traffic.ts";

/** Milliseconds of an optional duration. */
export const optionalMs = (text: string | undefined): number | undefined =>
  text === undefined ? undefined : durationMs(text);

const defaultAttempts = 1;
const defaultPerMs = 1_000;

export const toRetry = ({ attempts, codes, backoff, perTry }: RetryValue): Retry => ({
  attempts: attempts ?? defaultAttempts,
  backoffMs: optionalMs(backoff),
  perTryMs: optionalMs(perTry),
  codes: [...new Set(codes)].sort((a, b) => a - b),
});

export const toRateLimit = ({ requests, per, burst }: RateLimitValue): RateLimit => ({
  requests,
  perMs: optionalMs(per) ?? defaultPerMs,
  burst: burst ?? requests,
});

export const toHashSplit = ({ headers, salt, grpc }: HashSplitValue): HashSplit => ({
  headers: headers.map(({ name }) => name.toLowerCase()),
  salt: salt ?? "",
  grpc: grpc ?? false,
});

/** A name that may be left to serin: true stands for `byDefault`, false for none. */
export function named(value: boolean | string | undefined, byDefault: string): string | undefined {
  if (typeof value !== "boolean") return value;
  return value ? byDefault : undefined;
}
