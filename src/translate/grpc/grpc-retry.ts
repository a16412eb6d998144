/**
 * Retries in the words of gRPC clients, which know neither HTTP statuses nor a limit for one attempt.
 * https://github.com/grpc/proposal/blob/master/A44-xds-retry.md
 */
import type { Retry } from "../../model/traffic.ts";
import { duration, wrapped } from "../../proto/values.ts";

/** Java, Python and Node.js make no more attempts after the first one. */
export const grpcRetriesMax = 4;

/**
 * By the HTTP statuses that gRPC clients read as these. No connection, and a server that goes away,
 * is `unavailable`: it is tried again in any case.
 * https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
 */
const statuses: ReadonlyMap<number, string> = new Map([
  [429, "resource-exhausted"],
  [499, "cancelled"],
  [500, "internal"],
  [504, "deadline-exceeded"],
]);

/** No policy for no retries: clients refuse one with 0. */
export function grpcRetry(retry: Retry | undefined) {
  if (retry === undefined || retry.attempts < 1) return {};
  const { attempts, backoffMs, codes } = retry;
  const words = codes.map((code) => statuses.get(code)).filter((word) => word !== undefined);
  return {
    retry_policy: {
      retry_on: ["unavailable", ...new Set(words)].join(","),
      num_retries: wrapped(Math.min(attempts, grpcRetriesMax)),
      ...(backoffMs === undefined || backoffMs === 0
        ? {}
        : {
            retry_back_off: {
              base_interval: duration(backoffMs),
              max_interval: duration(10 * backoffMs),
            },
          }),
    },
  };
}
