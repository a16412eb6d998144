/**
 * What probes say of one instance, by the rules of Envoy's active health checks: a change takes as many
 * probes in a row as the service says, and the first probe of a new instance decides alone. Pure.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/health_checking
 */
import type { HealthCheck } from "../../model/service.ts";

export type Thresholds = Pick<HealthCheck, "unhealthyThreshold" | "healthyThreshold">;

export interface Verdict {
  /** `new`: nothing is known of it, and clients may have it all the same. */
  readonly state: "new" | "well" | "sick";
  /** Probes in a row that speak against the state. */
  readonly against: number;
}

export const newcomer: Verdict = { state: "new", against: 0 };
/** Was there before serin began to probe. */
export const presumedWell: Verdict = { state: "well", against: 0 };
/** As the store has it of an earlier leader. */
export const foundSick: Verdict = { state: "sick", against: 0 };

export function afterProbe(verdict: Verdict, isWell: boolean, thresholds: Thresholds): Verdict {
  const shown = isWell ? presumedWell : foundSick;
  if (verdict.state === "new") return shown;
  if (verdict.state === shown.state) return shown;
  const against = verdict.against + 1;
  const enough = isWell ? thresholds.healthyThreshold : thresholds.unhealthyThreshold;
  return against >= enough ? shown : { ...verdict, against };
}
