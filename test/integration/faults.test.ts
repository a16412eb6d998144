/**
 * Leaders that die, hang and are cut off in the middle of an act: real replicas, a real etcd, and its own
 * record as the judge. One of each kind; `npm run faults` has all of them, and by any seed.
 */
import { expect, it } from "vitest";
import { planRuns, type Run } from "../faults/fault-plan.ts";
import { playAll } from "../faults/play-all.ts";
import { lineOf } from "../faults/report.ts";
import { startEtcd } from "../support/etcd.ts";
import { seed } from "../support/seed.ts";

const inTerm = { isInTerm: true } as const;
/** The last two come to nothing but by the compare of what was read, and by the look for what became of it. */
const wanted: readonly Partial<Run>[] = [
  { kind: "kill", moment: "step" },
  { kind: "stall", moment: "guard" },
  { kind: "refuse", moment: "guard" },
  { kind: "stall", moment: "rollback", isInTerm: false },
  { kind: "kill", moment: "rollback", fate: "late", ...inTerm },
  { kind: "freeze", moment: "step", fate: "unanswered", ...inTerm },
];

/** Each of the 36 faults is planned twice: in its term, and beyond it. */
function chosen(): readonly Run[] {
  const runs = planRuns(72, seed);
  return wanted.flatMap((what, index) => {
    const run = runs.find((each) =>
      Object.entries(what).every(([key, value]) => Object.is(Reflect.get(each, key), value)),
    );
    // The first one with users behind a real Envoy.
    return run === undefined ? [] : [{ ...run, isRealEnvoy: index === 0 }];
  });
}

it("leaves a record in etcd that is as it should be, whatever befalls the leader", async ({
  annotate,
}) => {
  const etcd = await startEtcd();
  try {
    const runs = chosen();
    const played = await playAll(etcd, runs, runs.length, () => undefined);
    await annotate(`seed ${seed}`);
    for (const each of played) await annotate(lineOf(each));
    const wrong = played.filter(({ violations }) => violations.length > 0);
    expect(wrong.map(lineOf), wrong.map(({ logs }) => logs).join("\n\n")).toEqual([]);
    expect(played).toHaveLength(wanted.length);
  } finally {
    await etcd.stop();
  }
});
