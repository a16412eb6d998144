/** One line of the demo's picture: the weights that were set, and what the traffic really met. */
import type { TrafficSecond } from "./traffic.ts";

const barWidth = 30;

/** `weights v1=90 v2=10 │ ███████████████████████████░░░ │ v1 90 %  v2 10 %  of 50 requests` */
export function splitLine(weights: string, second: TrafficSecond): string {
  const v1 = second.byVersion.get("v1") ?? 0;
  const v2 = second.byVersion.get("v2") ?? 0;
  const total = v1 + v2;
  const share = total === 0 ? 0 : v1 / total;
  const full = Math.round(share * barWidth);
  const bar = total === 0 ? " ".repeat(barWidth) : "█".repeat(full).padEnd(barWidth, "░");
  const percent = (part: number): string => `${String(Math.round(100 * part)).padStart(3)} %`;
  const seen = total === 0 ? "no answers" : `v1 ${percent(share)}  v2 ${percent(1 - share)}`;
  const failed = second.failed > 0 ? `  ${second.failed} failed` : "";
  return `weights ${weights.padEnd(14)} │ ${bar} │ ${seen}  of ${total} requests${failed}`;
}
