/** How long a request may take, and how often it is tried: for people, one line each. */
import type { Duration, RetryPolicy, RouteAction } from "../proto/messages.ts";

export function attemptLines(
  { timeout, max_stream_duration: stream }: RouteAction,
  retry: RetryPolicy | undefined,
): readonly string[] {
  const longest = stream?.max_stream_duration;
  return [
    ...(timeout === undefined ? [] : [timeoutText(timeout)]),
    ...(longest === undefined ? [] : [`end a stream after ${durationText(longest)}`]),
    ...(retry === undefined ? [] : [retryText(retry)]),
  ];
}

const timeoutText = (timeout: Duration): string =>
  millisecondsOf(timeout) === 0 ? "no timeout" : `answer 504 after ${durationText(timeout)}`;

/** `retry up to 2 times on 502, 503 or connect-failure, each attempt at most 1s`. */
function retryText(policy: RetryPolicy): string {
  const { num_retries: retries, retriable_status_codes: codes = [], retry_on: on = "" } = policy;
  const { per_try_timeout: perTry, retry_back_off: backOff } = policy;
  const count = retries?.value ?? 1;
  const causes = on.split(",").filter((cause) => cause !== "" && cause !== statusCodes);
  const reasons = [...(on.includes(statusCodes) ? codes : []), ...causes].join(", ");
  const each = perTry === undefined ? "" : `, each attempt at most ${durationText(perTry)}`;
  const base = backOff?.base_interval;
  const pause = base === undefined ? "" : `, about ${durationText(base)} apart`;
  return `retry up to ${count} ${count === 1 ? "time" : "times"} on ${reasons}${each}${pause}`;
}

const statusCodes = "retriable-status-codes";

const millisecondsOf = ({ seconds = 0, nanos = 0 }: Duration): number =>
  Number(seconds) * 1_000 + nanos / 1_000_000;

/** `100ms`, `1.5s`. */
export function durationText(duration: Duration): string {
  const ms = millisecondsOf(duration);
  return ms < 1_000 ? `${ms}ms` : `${ms / 1_000}s`;
}
