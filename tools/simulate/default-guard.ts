/** The rules that are simulated: what `guard: [{}]` means to the decoder, and a comparison. */
import assert from "node:assert/strict";
import type { Condition } from "../../src/lib/condition/condition.ts";
import { parseCondition } from "../../src/lib/condition/parse.ts";
import type { Guard } from "../../src/model/guard.ts";
import type { AnalysisMetric } from "../../src/model/rollout.ts";
import { toMetrics } from "../../src/store/decode/analysis-content.ts";
import { toGuards } from "../../src/store/decode/guard-content.ts";

export function conditionOf(text: string): Condition {
  const parsed = parseCondition(text);
  if (!parsed.ok) throw new Error(parsed.error);
  return parsed.value;
}

export const defaultGuard: Guard = only(toGuards([{}], undefined));

export const comparison: AnalysisMetric = only(
  toMetrics([{ name: "against-stable", interval: "30s", compare: {} }]),
);

function only<T>([one]: readonly T[]): T {
  assert(one !== undefined);
  return one;
}
