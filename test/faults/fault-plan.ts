/** What a seed means: which fault, at which moment, and everything else that may vary in a run. */
import { seededRandom } from "../support/seeded-random.ts";

/** What befalls the replica that acts. */
export const faultKinds = [
  /** SIGKILL. */
  "kill",
  /** SIGSTOP for 20 s, then SIGCONT. */
  "stall",
  /** Its connections to etcd are reset, and new ones refused. */
  "refuse",
  /** Its connections to etcd stay open, and no byte passes. */
  "freeze",
] as const;

/** In the middle of which act. */
export const moments = ["step", "guard", "rollback"] as const;

/** What becomes of the act that was on its way. */
export const fates = [
  /** Etcd never gets it. */
  "lost",
  /** Etcd has done it, and the answer is lost. */
  "unanswered",
  /** Etcd gets it late, behind what others do meanwhile. */
  "late",
] as const;

export type FaultKind = (typeof faultKinds)[number];
export type Moment = (typeof moments)[number];
export type Fate = (typeof fates)[number];

export interface Run {
  readonly name: string;
  readonly kind: FaultKind;
  readonly moment: Moment;
  readonly fate: Fate;
  /** Of a step: which of its acts. */
  readonly stepAct: "written" | "reached" | "entered";
  /** The act of that sort, or the step that must be written before a guard or a rollback; from 1. */
  readonly nth: number;
  /** Of a step: whether a person edits the weights in the middle of it, and then says `promote`. */
  readonly isEdited: boolean;
  /** Of a guard: whether there is a release as well. */
  readonly hasRelease: boolean;
  /** Who rolls back: a person, or the release by its analysis. */
  readonly rollbackBy: "person" | "analysis";
  readonly edit: Edit;
  /**
   * Whether the leader's key stands until a late act arrives, and until a cut is over: then only the other
   * compares, and the look for what became of it, keep an act from being done over what is there by then.
   */
  readonly isInTerm: boolean;
  /** How long the replica is cut off from etcd, ms: less or more than its lease lives. */
  readonly cutMs: number;
  /** Whether a replica that is killed has a new one in its place at once. */
  readonly isReplaced: boolean;
  /** A real Envoy under load, or a client that ACKs and reports. */
  readonly isRealEnvoy: boolean;
}

/** What a person writes to the weights in the middle of it, and how. */
export interface Edit {
  readonly weights: Readonly<Record<string, number>>;
  readonly by: "etcdctl" | "api";
}

type Weights = Edit["weights"];

const unplanned: readonly [Weights, ...Weights[]] = [
  { v1: 70, v2: 30 },
  { v1: 50, v2: 10, v3: 40 },
];
/** And one in which the canary is out already, in other numbers than serin would write. */
const edits: readonly [Weights, ...Weights[]] = [...unplanned, { v1: 3, v2: 0 }];

type Fault = Pick<Run, "kind" | "moment" | "fate" | "isInTerm">;

/** Each of the 36 faults comes before any of them comes again, and then the other way in its term. */
export function planRuns(runs: number, seed: number): readonly Run[] {
  const random = seededRandom(seed);
  const faults: Fault[] = [];
  const first = Math.floor(random() * 2);
  for (let round = first; faults.length < runs; round += 1) {
    faults.push(...shuffled(allFaults(round), random));
  }
  return faults.slice(0, runs).map((fault, index) => planRun(index + 1, fault, random));
}

/** Of each moment and fate, one of the two ways to hang or die, and one of the two to be cut off, is in its term. */
const allFaults = (round: number): readonly Fault[] =>
  faultKinds.flatMap((kind, index) =>
    moments.flatMap((moment) =>
      fates.map((fate) => ({ kind, moment, fate, isInTerm: (index + round) % 2 === 0 })),
    ),
  );

/** Every so many runs has a real Envoy. */
const envoyEach = 5;

function planRun(index: number, fault: Fault, random: () => number): Run {
  const pick = <T>(of: readonly [T, ...T[]]): T => of[Math.floor(random() * of.length)] ?? of[0];
  const isEdited = fault.moment === "step" && random() < 0.4;
  const run: Omit<Run, "name"> = {
    ...fault,
    stepAct: pick(["written", "written", "reached", "entered"]),
    nth: pick([1, 2, 3]),
    hasRelease: random() < 0.5,
    rollbackBy: pick(["person", "analysis"]),
    isEdited,
    // Where a step meets the ratio that the release wrote itself, nobody could tell it from its own.
    edit: { weights: pick(isEdited ? unplanned : edits), by: pick(["etcdctl", "api"]) },
    cutMs: Math.round(fault.isInTerm ? 100 + random() * 4_900 : 13_000 + random() * 3_000),
    isReplaced: fault.kind === "kill" && random() < 0.5,
    isRealEnvoy: index % envoyEach === 0,
  };
  return { ...run, name: nameOf(index, run) };
}

function nameOf(index: number, run: Omit<Run, "name">): string {
  const { kind, moment, fate, isRealEnvoy } = run;
  const edit = `edit ${JSON.stringify(run.edit.weights)} by ${run.edit.by}`;
  const what = {
    step: `${run.stepAct} ${run.nth}${run.isEdited ? `, ${edit}` : ""}`,
    guard: run.hasRelease ? "of a release" : "alone",
    rollback: `by ${run.rollbackBy}, ${edit}`,
  }[moment];
  const isCut = kind === "refuse" || kind === "freeze";
  const cut = isCut ? ` ${(run.cutMs / 1_000).toFixed(1)} s` : "";
  const late = run.isInTerm && !isCut && fate === "late" ? " in its term" : "";
  const besides = [run.isReplaced ? ", replaced" : "", isRealEnvoy ? ", Envoy" : ""].join("");
  return `${index} ${kind}${cut}, ${moment} (${what}), ${fate}${late}${besides}`;
}

function shuffled<T>(all: readonly T[], random: () => number): readonly T[] {
  return all
    .map((each) => ({ each, order: random() }))
    .toSorted((one, other) => one.order - other.order)
    .map(({ each }) => each);
}
