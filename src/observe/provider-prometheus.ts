/**
 * An instant query to Prometheus, or to what speaks as it does; the answer must be one number.
 * https://prometheus.io/docs/prometheus/latest/querying/api/#instant-queries
 *
 * The time that comes with it is that of the evaluation. What was evaluated may be older, by as much as
 * Prometheus looks back for a sample (`--query.lookback-delta`, 5 min): a query over a range, such as
 * `rate(…[1m])`, has no value without samples in that range.
 */
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { withoutSecretsOf } from "../lib/url-secrets.ts";
import type { Measurement } from "./provider.ts";
import { type Asking, getJson, webUrl } from "./provider-http.ts";

export interface PrometheusQuery {
  /** Of the server, with the path before `/api/v1`, if there is one. */
  readonly address: string;
  readonly query: string;
}

export async function queryPrometheus(
  { address, query }: PrometheusQuery,
  asking: Asking,
): Promise<Result<Measurement, string>> {
  const server = webUrl(address);
  if (server === undefined) return err("the address of Prometheus is no URL of http or https");
  const url = new URL(server);
  url.pathname = `${url.pathname.replace(/\/+$/, "")}/api/v1/query`;
  url.search = "";
  url.searchParams.set("query", query);
  const answer = await getJson(url, asking);
  if (!answer.ok) return answer;
  const { status, json } = answer.value;
  // Before it is cut: half a secret is one too.
  const quote: Quote = (text) => clipped(withoutSecretsOf(server, text));
  const sample = sampleOf(json, quote);
  if (sample.ok) return measurement(sample.value, url.origin, asking.clock.wallMs());
  const told = status === 200 ? "" : `status ${status}, `;
  return err(`Prometheus at ${url.origin}: ${told}${sample.error}`);
}

interface Sample {
  readonly value: number;
  readonly atMs: number;
}

function measurement(
  { value, atMs }: Sample,
  place: string,
  nowMs: number,
): Result<Measurement, string> {
  const ageMs = nowMs - atMs;
  if (Math.abs(ageMs) <= limits.provider.staleMs) {
    return ok({ value, atMs, ageMs: Math.max(0, ageMs) });
  }
  const seconds = Math.round(Math.abs(ageMs) / 1_000);
  const when = ageMs > 0 ? "old: it is kept by something in between, or" : "in the future:";
  return err(`Prometheus at ${place}: the sample is ${seconds} s ${when} a clock is wrong`);
}

interface Answer {
  readonly status?: unknown;
  readonly error?: unknown;
  readonly data?: { readonly resultType?: unknown; readonly result?: unknown } | null;
}

function sampleOf(json: unknown, quote: Quote): Result<Sample, string> {
  if (typeof json !== "object" || json === null) return err("the answer is no JSON of Prometheus");
  const { status, error, data } = json as Answer;
  if (status === "error") return err(`the query is refused: ${quote(String(error))}`);
  const { resultType, result } = data ?? {};
  if (status !== "success" || !Array.isArray(result)) {
    return err("the answer is no JSON of Prometheus");
  }
  switch (resultType) {
    case "scalar":
      return numberOf(result, quote);
    case "vector":
      return onlyOne(result, quote);
    default:
      return err(`the result is a ${quote(String(resultType))}, and must be a vector or a scalar`);
  }
}

function onlyOne(result: readonly unknown[], quote: Quote): Result<Sample, string> {
  if (result.length === 0) return err("the query has no sample");
  if (result.length > 1) {
    return err(`the query has ${result.length} samples, and must have one: sum or average them`);
  }
  const [first] = result as readonly [{ readonly value?: unknown } | null];
  return numberOf(first?.value, quote);
}

/** `[1700000000.123, "0.05"]` */
function numberOf(pair: unknown, quote: Quote): Result<Sample, string> {
  const [seconds, text] = Array.isArray(pair) ? (pair as readonly unknown[]) : [];
  if (typeof seconds !== "number" || typeof text !== "string" || text.trim() === "") {
    return err("the sample is no pair of time and value");
  }
  const value = Number(text);
  // `+Inf` and `NaN`: something was divided by zero, or there was nothing.
  if (!Number.isFinite(value)) return err(`the value is ${quote(text)}, which is no number`);
  return ok({ value, atMs: seconds * 1_000 });
}

/** What a provider says, as it may be repeated. */
type Quote = (text: string) => string;

/** It comes from outside, and goes to a log and a terminal. */
const clipped = (text: string): string =>
  text.replace(/[\p{Cc}\p{Cf}]/gu, " ").slice(0, limits.provider.messageChars);
