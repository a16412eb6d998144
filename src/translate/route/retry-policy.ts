/** Retries as Envoy has them: on another instance than before, where there is one. */
import type { Retry } from "../../model/traffic.ts";
import type { AnyMessage } from "../../proto/messages.ts";
import { duration, wrapped } from "../../proto/values.ts";

const previousHosts: AnyMessage = {
  "@type":
    "type.googleapis.com/envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
};

/** Failures of which the instance has seen nothing, or not yet answered anything. */
const alwaysRetried = ["connect-failure", "refused-stream", "reset-before-request"] as const;

const defaultCodes = [502, 503, 504];

/** How often another instance is looked for, before one is tried that was tried before. */
const hostAttempts = 5;

export function retryPolicy({ attempts, backoffMs, codes }: Retry, perTryMs: number | undefined) {
  return {
    retry_on: [...alwaysRetried, "retriable-status-codes"].join(","),
    num_retries: wrapped(attempts),
    retriable_status_codes: codes.length === 0 ? defaultCodes : [...codes],
    ...(perTryMs === undefined || perTryMs === 0 ? {} : { per_try_timeout: duration(perTryMs) }),
    ...(backoffMs === undefined
      ? {}
      : {
          retry_back_off: {
            base_interval: duration(backoffMs),
            max_interval: duration(10 * backoffMs),
          },
        }),
    retry_host_predicate: [
      { name: "envoy.retry_host_predicates.previous_hosts", typed_config: previousHosts },
    ],
    host_selection_retry_max_attempts: hostAttempts,
  };
}
