/** One fault, carried out: the act that was stopped, what befalls its replica, and the end of it. */
import { setTimeout as pause } from "node:timers/promises";
import { eventually } from "../support/wait.ts";
import type { StoppedAct } from "./act-gate.ts";
import { leaderKey } from "./etcd-act.ts";
import type { Run } from "./fault-plan.ts";
import { jsonIn, type LeaderJson } from "./recorded-values.ts";
import type { Replica, World } from "./world.ts";

export interface Struck {
  readonly replica: Replica;
  readonly stopped: StoppedAct;
}

const stallMs = 20_000;
/** What is late, and not in its term, comes when another replica has begun to act, or after this. */
const lateMs = 16_000;
const answerMs = 3_000;

/** Ends when the fault is over. `amid` is what people do in the middle of it. */
export async function strike(
  world: World,
  run: Run,
  struck: Struck,
  amid: () => Promise<void>,
): Promise<void> {
  const { replica, stopped } = struck;
  if (run.fate === "unanswered") {
    stopped.deliver();
    await heard(stopped);
  }
  switch (run.kind) {
    case "kill":
      await replica.serin.kill();
      await amid();
      if (run.fate === "late" && run.isInTerm) await deliverLate(world, run, struck);
      if (run.isReplaced) await world.addReplica();
      if (run.fate === "late" && !run.isInTerm) await deliverLate(world, run, struck);
      stopped.drop();
      return;
    case "stall":
      return stall(world, run, struck, amid);
    case "refuse":
      return refuse(run, struck, amid);
    case "freeze":
      return freeze(run, struck, amid);
  }
}

async function stall(
  world: World,
  run: Run,
  struck: Struck,
  amid: () => Promise<void>,
): Promise<void> {
  const { fate } = run;
  const { replica, stopped } = struck;
  process.kill(replica.serin.pid, "SIGSTOP");
  const over = pause(stallMs);
  if (fate !== "late") stopped.drop();
  await amid();
  if (fate === "late") {
    await deliverLate(world, run, struck);
    stopped.release();
  }
  await over;
  process.kill(replica.serin.pid, "SIGCONT");
}

async function refuse(
  { fate, cutMs }: Run,
  { replica, stopped }: Struck,
  amid: () => Promise<void>,
): Promise<void> {
  const over = pause(cutMs);
  if (fate === "late") stopped.orphan();
  else stopped.drop();
  replica.gate.refuse(true);
  await amid();
  await over;
  replica.gate.refuse(false);
  if (fate !== "late") return;
  stopped.deliver();
  await heard(stopped);
  stopped.drop();
}

async function freeze(
  { fate, cutMs }: Run,
  { replica, stopped }: Struck,
  amid: () => Promise<void>,
): Promise<void> {
  const over = pause(cutMs);
  replica.gate.freeze(true);
  await amid();
  await over;
  replica.gate.freeze(false);
  if (fate !== "late") {
    stopped.drop();
    return;
  }
  stopped.deliver();
  await heard(stopped);
  stopped.release();
}

/** Etcd gives up what it is about to do for a client that hangs up before its answer. */
async function heard(stopped: StoppedAct): Promise<void> {
  const what = "etcd's answer";
  await eventually(() => stopped.verdict, { what, timeoutMs: answerMs }).catch(() => undefined);
}

async function deliverLate(
  { journal }: World,
  { isInTerm }: Run,
  { replica, stopped }: Struck,
): Promise<void> {
  if (!isInTerm) await anotherLeads(journal, replica);
  // In its first second the new leader acts: before it, or right after.
  await pause(Math.min(1_000, (stopped.act.term ?? 0) % 1_000));
  stopped.deliver();
  await heard(stopped);
}

async function anotherLeads(journal: World["journal"], replica: Replica): Promise<void> {
  const from = performance.now();
  const isTaken = ({ puts, atMs }: { puts: ReadonlyMap<string, string>; atMs: number }) => {
    const who = jsonIn<LeaderJson>(puts.get(leaderKey))?.who;
    return atMs > from && who !== undefined && who !== replica.name;
  };
  await journal.first("another leader", isTaken, lateMs).catch(() => undefined);
}
