/**
 * Plans of a release in one word, as AWS CodeDeploy calls them: `Canary10Percent5Minutes` is 10 % for five
 * minutes and then all, `Linear10PercentEvery1Minute` 10 % more each minute. Any numbers may stand there.
 * https://docs.aws.amazon.com/codedeploy/latest/userguide/deployment-configurations.html
 */
import type { RolloutStep } from "./rollout.ts";

const patterns = {
  canary: /^Canary([1-9][0-9]?)Percent([1-9][0-9]{0,3})(Second|Minute|Hour)s?$/,
  linear: /^Linear([1-9][0-9]?)PercentEvery([1-9][0-9]{0,3})(Second|Minute|Hour)s?$/,
} as const;

const unitMs: Readonly<Record<string, number>> = {
  Second: 1_000,
  Minute: 60_000,
  Hour: 3_600_000,
};

type PresetStep = Extract<RolloutStep, { readonly kind: "setWeight" | "pause" }>;

/** Undefined where the word is no plan. The last step is 100 %. */
export function presetSteps(preset: string): readonly PresetStep[] | undefined {
  if (preset === "AllAtOnce") return [all];
  const canary = patterns.canary.exec(preset);
  if (canary !== null) return [...heldAt(Number(canary[1]), canary), all];
  const linear = patterns.linear.exec(preset);
  if (linear === null) return undefined;
  const by = Number(linear[1]);
  const below = Array.from({ length: Math.ceil(100 / by) - 1 }, (_, n) => (n + 1) * by);
  return [...below.flatMap((percent) => heldAt(percent, linear)), all];
}

const all: PresetStep = { kind: "setWeight", percent: 100 };

/** The weight, and the time that it stays for. */
function heldAt(
  percent: number,
  [, , count = "", unit = ""]: readonly string[],
): readonly PresetStep[] {
  const durationMs = Number(count) * (unitMs[unit] ?? 0);
  return [
    { kind: "setWeight", percent },
    { kind: "pause", durationMs },
  ];
}
