/** Plays one run in its world, to the judgement of it. */
import { setTimeout as pause } from "node:timers/promises";
import type { Etcd } from "../support/etcd.ts";
import {
  guardsKey,
  leaderKey,
  operationOf,
  type SentAct,
  statusKey,
  weightsKey,
} from "./etcd-act.ts";
import type { Run } from "./fault-plan.ts";
import { type Revision, readJournal } from "./journal.ts";
import { judge } from "./oracle.ts";
import { ann, bob, edit, say } from "./people.ts";
import {
  type GuardStatusJson,
  jsonIn,
  type LeaderJson,
  type RolloutStatusJson,
  shareOf,
  type WeightsJson,
} from "./recorded-values.ts";
import type { Story } from "./story.ts";
import { type Struck, strike } from "./strike.ts";
import { canary, hasRelease, planned, stable, type World } from "./world.ts";

export interface Played {
  readonly run: Run;
  readonly violations: readonly string[];
  /** Of etcd upon the act that was stopped; undefined: it never got it. */
  readonly verdict: "done" | "refused" | undefined;
  /** From the fault until another replica led, and acted; undefined: none did, or had to. */
  readonly ledMs: number | undefined;
  readonly actedMs: number | undefined;
  /** From the fault until the next act of whichever replica. */
  readonly wentOnMs: number | undefined;
  readonly story: Story;
  /** What the replicas said, the last lines. */
  readonly logs: string;
}

/** From when everything is there to the act in whose middle the fault comes. */
const struckWithinMs = 90_000;
/** From the end of the fault to the end of the release. */
const endsWithinMs = 60_000;
/** Proxies follow a write within this. */
const followMs = 1_000;
/** Nobody may write anything any more. */
const quietMs = 3_000;

/** Ends the world in any case. */
export async function play(etcd: Etcd, world: World, run: Run): Promise<Played> {
  const strikes: (Struck & { readonly atMs: number })[] = [];
  try {
    const troubles = await live(world, run, (struck) =>
      strikes.push({ ...struck, atMs: performance.now() }),
    ).then(
      () => [],
      (error: unknown) => [error instanceof Error ? error.message : String(error)],
    );
    const story = await storyOf(etcd, world, run);
    const violations = [
      ...troubles,
      ...judge(story),
      ...unheard(run, strikes[0]),
      ...userFailures(world),
    ];
    const logs = world.replicas.map(({ name, serin }) => `${name}\n${serin.logs()}`).join("\n\n");
    const verdict = strikes[0]?.stopped.verdict;
    return { run, violations, verdict, ...timesOf(world, strikes[0]), story, logs };
  } finally {
    await world.stop();
  }
}

/** Throws where it does not come as far as it should in time. */
async function live(world: World, run: Run, struck: (by: Struck) => void): Promise<void> {
  const fault = await struckIn(world, run);
  struck(fault);
  await strike(world, run, fault, () => amid(world, run, fault));
  if (run.isEdited) await promoted(world);
  await endIn(world, run);
  await afterwards(world, run);
}

type Matches = (act: SentAct) => boolean;

/** Until the act of the run is on its way, and stopped. */
async function struckIn(world: World, run: Run): Promise<Struck> {
  const matches = once(matcherOf(run));
  const stopping = Promise.race(
    world.replicas.map(async (replica) => ({
      replica,
      stopped: await replica.gate.stopAt(matches),
    })),
  );
  const abort = new AbortController();
  const tooLate = pause(struckWithinMs, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`no act to strike at within ${struckWithinMs} ms`);
  });
  try {
    await provoke(world, run);
    return await Promise.race([stopping, tooLate]);
  } finally {
    abort.abort();
    tooLate.catch(() => undefined);
  }
}

function matcherOf(run: Run): Matches {
  switch (run.moment) {
    case "step":
      return stepMatcher(run);
    case "guard":
      return ({ puts }) =>
        jsonIn<GuardStatusJson>(puts.get(guardsKey))?.latched[canary] !== undefined;
    case "rollback":
      return ({ puts }) => {
        const status = jsonIn<RolloutStatusJson>(puts.get(statusKey));
        return status?.aborted !== undefined && status.reachedMs === undefined;
      };
  }
}

function stepMatcher({ stepAct, nth }: Run): Matches {
  let before: RolloutStatusJson | undefined;
  let count = 0;
  return ({ puts }) => {
    const status = jsonIn<RolloutStatusJson>(puts.get(statusKey));
    if (status === undefined) return false;
    const isIt = {
      written: status.writtenRevision === "this",
      reached: before?.reachedMs === undefined && status.reachedMs !== undefined,
      entered: before !== undefined && status.step > before.step,
    }[stepAct];
    before = status;
    if (isIt) count += 1;
    return isIt && count === nth;
  };
}

/** Of two replicas, one is stopped. */
function once(matches: Matches): Matches {
  let isOver = false;
  return (act) => {
    if (isOver) return false;
    isOver = matches(act);
    return isOver;
  };
}

/** Brings about what the fault is to fall into. */
async function provoke(world: World, run: Run): Promise<void> {
  if (run.moment === "step") return;
  if (hasRelease(run)) await stepsWritten(world, run.nth);
  if (run.moment === "guard") world.failCanary();
  else if (run.rollbackBy === "analysis") world.failAnalysis();
  else {
    const leader = world.leader();
    const others = world.replicas.filter((each) => each !== leader);
    void say("abort", leader === undefined ? others : [leader, ...others]);
  }
}

async function stepsWritten({ journal }: World, count: number): Promise<void> {
  let seen = 0;
  const isLast = ({ puts }: Revision): boolean => {
    const weights = jsonIn<WeightsJson>(puts.get(weightsKey));
    if (weights !== undefined && shareOf(weights, canary) > 0) seen += 1;
    return seen === count;
  };
  await journal.first(`step ${count} to be written`, isLast, struckWithinMs);
}

/** While the fault lasts: a person turns the weights. */
async function amid(world: World, run: Run, { replica }: Struck): Promise<void> {
  const isRollback = run.moment === "rollback";
  // Right behind the trip of a guard, and before the release has seen it.
  const isBehindTrip = run.moment === "guard" && run.fate === "unanswered";
  // The trip was decided upon other weights; it is made anew, as the canary has traffic still.
  const isBeforeTrip =
    run.moment === "guard" && run.fate === "late" && shareOf(run.edit.weights, canary) > 0;
  const isMet = isRollback || isBehindTrip || isBeforeTrip || run.isEdited;
  if (isMet) await edit(world, replica, run.edit);
}

/** It stands still over the edit, until a person says that it may go on. */
async function promoted({ journal, replicas }: World): Promise<void> {
  const isHeld = ({ puts }: Revision): boolean =>
    jsonIn<RolloutStatusJson>(puts.get(statusKey))?.waits?.for === "WeightsChanged";
  await journal.first("the release to see the edit", isHeld, endsWithinMs);
  await pause(quietMs);
  await say("promote", replicas);
}

async function endIn(world: World, run: Run): Promise<void> {
  const isEnd = ({ puts }: Revision): boolean => {
    if (!hasRelease(run)) {
      return jsonIn<GuardStatusJson>(puts.get(guardsKey))?.latched[canary] !== undefined;
    }
    const status = jsonIn<RolloutStatusJson>(puts.get(statusKey));
    if (run.moment === "step") return status?.phase === "Healthy";
    return status?.aborted !== undefined && status.reachedMs !== undefined;
  };
  await world.journal.first("the end, since the fault was over", isEnd, endsWithinMs);
}

/** What is out stays out, whatever a person writes: in the store, and for users. */
async function afterwards(world: World, { moment, edit: { weights } }: Run): Promise<void> {
  if (moment === "guard") await world.put(weightsKey, weights);
  await pause(followMs);
  const served = world.canaryServed();
  await pause(quietMs);
  const since = world.canaryServed() - served;
  if (moment === "guard" && since > 0) {
    throw new Error(`users were sent to ${canary} ${since} times, though it is latched`);
  }
}

async function storyOf(etcd: Etcd, world: World, run: Run): Promise<Story> {
  const last = await world.put("zz-mark", "the end");
  const moment = hasRelease(run) ? "aborted" : "latched";
  return {
    revisions: await readJournal(etcd.endpoint, world.prefix, last),
    sent: new Map(world.replicas.map(({ name, gate }) => [name, gate.sent])),
    byHand: world.byHand,
    people: new Set([ann, bob]),
    ...{ stable, canary, planned },
    ends: run.moment === "step" ? "complete" : moment,
  };
}

/** A fault that did not come as it was planned proves nothing. */
function unheard({ fate }: Run, struck: Struck | undefined): readonly string[] {
  const verdict = struck?.stopped.verdict;
  if ((fate === "lost") === (verdict === undefined)) return [];
  return [`the act was to be ${fate}, and etcd's verdict upon it is ${verdict ?? "none"}`];
}

/** Proxies go on with what they have, whoever dies: no user notices but of the canary that fails. */
function userFailures({ users }: World): readonly string[] {
  if (users === undefined) return [];
  const { failed, failures, byAnswer, total } = users.report();
  const ofCanary = byAnswer[`${canary} 500`] ?? 0;
  if (failed === ofCanary) return [];
  return [`${failed - ofCanary} of ${total} requests of users failed: ${JSON.stringify(failures)}`];
}

function timesOf(
  { journal, replicas }: World,
  struck: (Struck & { readonly atMs: number }) | undefined,
): Pick<Played, "ledMs" | "actedMs" | "wentOnMs"> {
  const { replica: other, stopped, atMs = Number.POSITIVE_INFINITY } = struck ?? {};
  const since = journal.revisions.filter((each) => each.atMs > atMs);
  const after = (found: Revision | undefined) => found && found.atMs - atMs;
  const byReplica = new Map(
    replicas.flatMap((replica) =>
      replica.gate.sent
        .filter((act) => act.term !== undefined && act !== stopped?.act)
        .map(({ operation }) => [operation, replica] as const),
    ),
  );
  const actor = ({ puts }: Revision) => byReplica.get(operationOf(puts) ?? "");
  return {
    ledMs: after(
      since.find(({ puts }) => {
        const who = jsonIn<LeaderJson>(puts.get(leaderKey))?.who;
        return who !== undefined && who !== other?.name;
      }),
    ),
    actedMs: after(since.find((each) => ![undefined, other].includes(actor(each)))),
    wentOnMs: after(since.find((each) => actor(each) !== undefined)),
  };
}
