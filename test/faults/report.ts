/** The table of a command, and the line of a run. */
import { operationOf } from "./etcd-act.ts";
import { type FaultKind, faultKinds, type Moment, moments } from "./fault-plan.ts";
import type { Played } from "./play.ts";

const kindTexts: Readonly<Record<FaultKind, string>> = {
  kill: "killed",
  stall: "stopped for 20 s",
  refuse: "cut off, refused",
  freeze: "cut off, frozen",
};

const momentTexts: Readonly<Record<Moment, string>> = {
  step: "a step",
  guard: "a guard's act",
  rollback: "a rollback, with an edit",
};

export function lineOf(played: Played): string {
  const { run, violations, verdict, ledMs, actedMs, wentOnMs } = played;
  const upon = verdict === undefined ? "" : ` and ${verdict}`;
  const times = `another leads after ${seconds(ledMs)}, acts after ${seconds(actedMs)}`;
  const judged =
    violations.length === 0 ? "ok" : violations.map((each) => `\n    ${each}`).join("");
  return `${run.name}${upon}: ${times}, goes on after ${seconds(wentOnMs)}: ${judged}`;
}

/** One row for each kind of fault and moment. */
export function tableOf(all: readonly Played[]): readonly string[] {
  const rows = faultKinds.flatMap((kind) =>
    moments.map((moment) =>
      rowOf(
        kind,
        moment,
        all.filter(({ run }) => run.kind === kind && run.moment === moment),
      ),
    ),
  );
  return [
    "| the leader is | in the middle of | runs | violations | another acted | after: median | most |",
    "| --- | --- | --- | --- | --- | --- | --- |",
    ...rows,
    "",
    actsOf(all),
  ];
}

/** Those that are not on record were lost on their way, or lost by a compare. */
function actsOf(all: readonly Played[]): string {
  const sent = all.flatMap(({ story }) => [...story.sent.values()]).flat();
  const late = all.filter(({ run }) => run.fate === "late");
  const refused = late.filter(({ verdict }) => verdict === "refused");
  const done = new Set(
    all.flatMap(({ story }) => story.revisions.map(({ puts }) => operationOf(puts))),
  );
  const onRecord = sent.filter(({ operation }) => done.has(operation)).length;
  return (
    `${sent.length} acts were sent, ${onRecord} are on record; ` +
    `of ${late.length} that came late etcd refused ${refused.length}`
  );
}

function rowOf(kind: FaultKind, moment: Moment, played: readonly Played[]): string {
  const times = played.flatMap(({ actedMs }) => actedMs ?? []).toSorted((a, b) => a - b);
  const violations = played.filter((each) => each.violations.length > 0).length;
  const cells = [
    ...[kindTexts[kind], momentTexts[moment], played.length, violations, times.length],
    ...[seconds(times[Math.floor((times.length - 1) / 2)]), seconds(times.at(-1))],
  ];
  return `| ${cells.join(" | ")} |`;
}

const seconds = (ms: number | undefined): string =>
  ms === undefined ? "–" : `${(ms / 1_000).toFixed(1)} s`;
