/** What the form of a new release holds, what is wrong with it, and the object that it becomes. */

export interface DraftStep {
  /** Stays the same while rows move. */
  readonly id: number;
  /** Per cent, as typed. */
  readonly weight: string;
  readonly pause: "none" | "time" | "promote";
  /** As typed: `30s`, `5m`. */
  readonly duration: string;
}

export interface Draft {
  readonly stable: string;
  readonly canary: string;
  readonly steps: readonly DraftStep[];
  readonly guarded: boolean;
  /** Per cent of requests that may fail, as typed. */
  readonly threshold: string;
  /** Seconds that the guard looks back, as typed. */
  readonly lookback: string;
  /** URL that is told when the guard takes the canary out; empty: nobody. */
  readonly webhook: string;
}

/** Where something is wrong: a field of the form. */
export type Fault =
  | "stable"
  | "canary"
  | "same"
  | "steps"
  | "threshold"
  | "lookback"
  | "webhook"
  | { readonly step: number; readonly field: "weight" | "duration" };

export const presets = {
  careful: [1, 5, 25, 50],
  standard: [10, 50],
  quick: [50],
} as const;

export type Preset = keyof typeof presets;

/** A pause after each step, and a person before the last half. */
export function presetSteps(preset: Preset, firstId: number): readonly DraftStep[] {
  return presets[preset].map((weight, index) => ({
    id: firstId + index,
    weight: String(weight),
    pause: weight >= 50 ? "promote" : "time",
    duration: "5m",
  }));
}

export function draftFor(versions: readonly string[], stable: string | undefined): Draft {
  const first = stable ?? versions[0] ?? "";
  const canary = versions.findLast((version) => version !== first) ?? "";
  const guard = { guarded: true, threshold: "5", lookback: "120", webhook: "" };
  return { stable: first, canary, steps: presetSteps("standard", 1), ...guard };
}

export function faultsOf(draft: Draft): readonly Fault[] {
  const faults: Fault[] = [];
  if (draft.stable === "") faults.push("stable");
  if (draft.canary === "") faults.push("canary");
  else if (draft.canary === draft.stable) faults.push("same");
  if (draft.steps.length === 0) faults.push("steps");
  return [...faults, ...draft.steps.flatMap(stepFaults), ...guardFaults(draft)];
}

function stepFaults({ id, weight, pause, duration }: DraftStep): readonly Fault[] {
  const faults: Fault[] = [];
  if (!isWithin(weight, 0, 100)) faults.push({ step: id, field: "weight" });
  if (pause === "time" && !isDuration(duration)) faults.push({ step: id, field: "duration" });
  return faults;
}

function guardFaults({ guarded, threshold, lookback, webhook }: Draft): readonly Fault[] {
  if (!guarded) return [];
  const faults: Fault[] = [];
  if (!(isWithin(threshold, 0, 99) && Number(threshold) > 0)) faults.push("threshold");
  if (!isWithin(lookback, 10, 3_600)) faults.push("lookback");
  if (!isWebhook(webhook)) faults.push("webhook");
  return faults;
}

/** As `rollouts/<service>` has it. */
export function rolloutOf(draft: Draft): Readonly<Record<string, unknown>> {
  const steps = draft.steps.flatMap(({ weight, pause, duration }) => [
    { setWeight: Number(weight) },
    ...(pause === "time" ? [{ pause: { duration: duration.trim() } }] : []),
    ...(pause === "promote" ? [{ pause: {} }] : []),
  ]);
  const canary = { stableSubset: draft.stable, canarySubset: draft.canary, steps };
  const guard = {
    name: "http-5xx",
    failureCondition: `result.ratio5xx > ${Number(draft.threshold) / 100}`,
    lookback: `${Number(draft.lookback)}s`,
    ...(draft.webhook.trim() !== "" && {
      onFailure: { alerts: [{ webhook: { url: draft.webhook.trim() } }] },
    }),
  };
  return { strategy: { canary }, ...(draft.guarded && { guard: [guard] }) };
}

const isWebhook = (text: string): boolean =>
  text.trim() === "" || (/^https?:\/\/\S+$/.test(text.trim()) && URL.canParse(text.trim()));

const isDuration = (text: string): boolean => /^([1-9]\d{0,6}(h|m|s))+$/.test(text.trim());

function isWithin(text: string, least: number, most: number): boolean {
  if (!/^\d{1,5}(\.\d{1,2})?$/.test(text.trim())) return false;
  const value = Number(text);
  return value >= least && value <= most;
}
