/** `analysistemplates/<name>`: metrics that analyses of rollouts name, so that many may have the same. */
import type { TemplateName } from "./names.ts";
import type { AnalysisMetric } from "./rollout.ts";

export interface AnalysisTemplate {
  readonly name: TemplateName;
  /** At least one; their names differ. */
  readonly metrics: readonly AnalysisMetric[];
}
