/** The steps of a release as one looks at them: which are done, which one it is at, which are to come. */
import type { ReleaseJson } from "../../../api/rollouts.ts";

export type StepWhat =
  | { readonly kind: "weight"; readonly percent: number }
  /** null: until somebody says `promote`. */
  | { readonly kind: "pause"; readonly duration: string | null }
  | { readonly kind: "header" | "mirror"; readonly name: string }
  | { readonly kind: "analysis" }
  | { readonly kind: "promotion" };

export type StepState = "done" | "now" | "next" | "stopped";

export interface ShownStep {
  readonly number: number;
  readonly what: StepWhat;
  readonly state: StepState;
}

/** `object`: as `rollouts/<service>` has it; where it names no steps, there are as many as the release says. */
export function shownSteps(release: ReleaseJson, object: unknown): readonly ShownStep[] {
  const most = numberOf(canaryOf(object)["maxTrafficWeight"]) ?? 100;
  const steps = canaryOf(object)["steps"];
  const listed = Array.isArray(steps) ? steps.map((step) => whatOf(record(step), most)) : [];
  const all: readonly StepWhat[] = [...listed, { kind: "promotion" }];
  return all.map((what, index) => ({
    number: index + 1,
    what,
    state: stateOf(index + 1, release),
  }));
}

function stateOf(number: number, { step, phase, aborted }: ReleaseJson): StepState {
  if (phase === "Healthy") return "done";
  if (phase === "Pending") return "next";
  if (number < step) return "done";
  if (number > step) return "next";
  return aborted === null ? "now" : "stopped";
}

function whatOf(step: Fields, most: number): StepWhat {
  const weight = numberOf(step["setWeight"]);
  if (weight !== undefined) return { kind: "weight", percent: (weight * 100) / most };
  if (step["setHeaderRoute"] !== undefined) return named("header", step["setHeaderRoute"]);
  if (step["setMirrorRoute"] !== undefined) return named("mirror", step["setMirrorRoute"]);
  if (step["analysis"] !== undefined) return { kind: "analysis" };
  const duration = record(step["pause"])["duration"];
  if (duration === undefined) return { kind: "pause", duration: null };
  return {
    kind: "pause",
    duration: typeof duration === "number" ? `${duration}s` : String(duration),
  };
}

const named = (kind: "header" | "mirror", route: unknown): StepWhat => ({
  kind,
  name: String(record(route)["name"] ?? ""),
});

type Fields = Readonly<Record<string, unknown>>;

const canaryOf = (object: unknown): Fields => record(record(record(object)["strategy"])["canary"]);

const record = (value: unknown): Fields =>
  typeof value === "object" && value !== null ? (value as Fields) : {};

const numberOf = (value: unknown): number | undefined =>
  typeof value === "number" ? value : undefined;
