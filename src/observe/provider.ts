/**
 * Figures that others measure: an instant query to Prometheus, or a number in the JSON answer of a web
 * service. One port for both; each says how fresh its figure is.
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import type { Result } from "../lib/result.ts";
import { queryPrometheus } from "./provider-prometheus.ts";
import { askWeb } from "./provider-web.ts";

export type ProviderQuery =
  | { readonly kind: "prometheus"; readonly address: string; readonly query: string }
  | { readonly kind: "web"; readonly url: string; readonly jsonPath: string };

export interface Measurement {
  readonly value: number;
  /** When it was measured, by what the provider says; wall clock, ms. */
  readonly atMs: number;
  /** How old it was when it came, ms. */
  readonly ageMs: number;
}

/** Never throws; an error is one sentence that names the provider, without credentials. */
export interface Provider {
  measure(query: ProviderQuery, signal: AbortSignal): Promise<Result<Measurement, string>>;
}

export function createProvider(
  clock: Pick<Clock, "wallMs">,
  answerMs: number = limits.provider.answerMs,
): Provider {
  return {
    measure(query, signal) {
      const asking = { clock, signal, answerMs };
      switch (query.kind) {
        case "prometheus":
          return queryPrometheus(query, asking);
        case "web":
          return askWeb(query, asking);
      }
    },
  };
}
