/**
 * What may stand in etcd's record of a release or a guard, whoever died in the middle of it. Written from
 * the rules in words (docs/rollout.md, docs/guard.md), it knows nothing of how serin makes it so, and goes
 * by etcd's revisions and by the bytes that each replica sent, never by what serin says of itself.
 */
import {
  guardsKey,
  historyFolder,
  leaderKey,
  operationOf,
  type SentAct,
  statusKey,
  weightsKey,
} from "./etcd-act.ts";
import type { Revision } from "./journal.ts";
import {
  type GuardStatusJson,
  isNear,
  jsonIn,
  type LeaderJson,
  type RecordJson,
  type RolloutStatusJson,
  shareOf,
  type WeightsJson,
} from "./recorded-values.ts";
import type { Story } from "./story.ts";

/** One sentence for each rule that was broken. */
export function judge(story: Story): readonly string[] {
  const oracle = new Oracle(story);
  for (const revision of story.revisions) oracle.see(revision);
  oracle.end();
  return oracle.violations;
}

interface Sender {
  readonly replica: string;
  readonly act: SentAct;
}

/** One revision, by who made it. */
interface Seen extends Revision {
  readonly record: RecordJson | undefined;
  readonly operation: string | undefined;
  /** A person's, by serin or past it. */
  readonly isPersons: boolean;
}

class Oracle {
  readonly violations: string[] = [];
  readonly #story: Story;
  /** As the keys stand before the revision that is looked at. */
  readonly #now = new Map<string, string>();
  readonly #senders: ReadonlyMap<string, readonly Sender[]>;
  readonly #operations = new Set<string>();
  /** Of the leader's key. */
  #term = 0;
  /** What a person wrote last, until serin writes. */
  #edit: WeightsJson | undefined;
  /** Steps that were written since the release began. */
  readonly #written = new Set<number>();
  #aborts = 0;
  #latches = 0;

  constructor(story: Story) {
    this.#story = story;
    const senders = new Map<string, Sender[]>();
    for (const [replica, acts] of story.sent) {
      for (const act of acts) {
        senders.set(act.operation, [...(senders.get(act.operation) ?? []), { replica, act }]);
      }
    }
    this.#senders = senders;
  }

  see(revision: Revision): void {
    const seen = this.#read(revision);
    const isAct = [weightsKey, statusKey, guardsKey].some((key) => seen.puts.has(key));
    if (isAct) {
      this.#judgeRecord(seen);
      this.#judgeActor(seen);
      this.#judgeWeights(seen);
      this.#judgeStatus(seen);
      this.#judgeLatch(seen);
    }
    if ([weightsKey, statusKey, guardsKey].some((key) => seen.deletes.includes(key))) {
      this.#broken(seen, "serin deletes none of its keys");
    }
    this.#apply(seen);
  }

  /** After the last revision. */
  end(): void {
    const { ends, canary, planned } = this.#story;
    const status = this.#status();
    const weights = jsonIn<WeightsJson>(this.#now.get(weightsKey)) ?? {};
    const told = `${status?.phase ?? "no status"}, ${JSON.stringify(weights)}`;
    const fails = (rule: string): void =>
      void this.violations.push(`at the end (${told}): ${rule}`);
    if (ends === "complete") {
      if (status?.phase !== "Healthy") fails("the release is complete");
      if (!isNear(shareOf(weights, canary), 100)) fails("the canary has all traffic");
      for (const step of planned.keys()) {
        if (!this.#written.has(step) && this.#isWritten(step)) fails(`step ${step} was written`);
      }
      return;
    }
    if (ends === "aborted" && this.#aborts !== 1) fails(`one abort, and not ${this.#aborts}`);
    if (ends === "aborted" && status?.aborted === undefined) fails("the release is aborted");
    if (ends === "latched" && this.#latches !== 1) fails(`one trip, and not ${this.#latches}`);
    if (this.#edit === undefined && shareOf(weights, canary) > 0) fails("the canary is out");
  }

  #read(revision: Revision): Seen {
    const records = [...revision.puts].filter(([key]) => key.startsWith(historyFolder));
    if (records.length > 1) this.#broken(revision, "an act has one record");
    const record = jsonIn<RecordJson>(records[0]?.[1]);
    const { byHand, people } = this.#story;
    const isPersons = byHand.has(revision.revision) || people.has(record?.by ?? "");
    return { ...revision, record, operation: operationOf(revision.puts), isPersons };
  }

  /** Every change of a weight or a latch is told by one record, truly, in the same revision. */
  #judgeRecord(seen: Seen): void {
    const { revision, puts, record, operation } = seen;
    if (this.#story.byHand.has(revision)) return;
    if (operation === undefined) this.#broken(seen, "an act has an operation");
    else if (this.#operations.has(operation)) this.#broken(seen, `${operation} is done once`);
    else this.#operations.add(operation);
    for (const key of [statusKey, guardsKey]) {
      const own = jsonIn<{ readonly operation?: string }>(puts.get(key))?.operation;
      if (own !== undefined && own !== operation)
        this.#broken(seen, `${key} tells of this very act`);
    }
    for (const key of [weightsKey, guardsKey]) {
      const after = puts.get(key);
      const change = record?.changes.find((each) => each.key === key);
      if (after === undefined) {
        if (change !== undefined) this.#broken(seen, `its record tells of ${key}, which it left`);
      } else if (change === undefined) {
        this.#broken(seen, `a change of ${key} has its record in the same revision`);
      } else if (change.after !== after || change.before !== (this.#now.get(key) ?? null)) {
        this.#broken(seen, `its record tells ${key} as it was and is, decided upon what was there`);
      }
    }
  }

  /** One replica did it, the one that led, in the term in which it was sent. */
  #judgeActor(seen: Seen): void {
    if (this.#story.byHand.has(seen.revision)) return;
    const senders = this.#senders.get(seen.operation ?? "") ?? [];
    const [sender] = senders;
    if (sender === undefined || senders.length > 1) {
      this.#broken(seen, `it was sent once, by one replica, and not ${senders.length} times`);
      return;
    }
    if (seen.isPersons) return;
    const who = jsonIn<LeaderJson>(this.#now.get(leaderKey))?.who;
    if (who !== sender.replica) {
      this.#broken(seen, `${sender.replica} acted while ${who ?? "nobody"} led`);
    } else if (sender.act.term !== this.#term) {
      this.#broken(seen, `an act of term ${sender.act.term} was done in term ${this.#term}`);
    }
  }

  #judgeWeights(seen: Seen): void {
    const after = jsonIn<WeightsJson>(seen.puts.get(weightsKey));
    if (after === undefined || seen.isPersons) return;
    const { canary, stable, planned } = this.#story;
    const before = jsonIn<WeightsJson>(this.#now.get(weightsKey)) ?? {};
    const share = shareOf(after, canary);
    if (share > 0) {
      const allowed = [0, ...planned, 100].some((percent) => isNear(percent, share));
      if (!allowed) this.#broken(seen, `${canary} at ${share} % is nothing of the plan`);
      if (this.#isAborted()) this.#broken(seen, "an aborted release never advances");
      if (this.#isLatched()) this.#broken(seen, "what is latched gets no weight");
      if (!isNear(share + shareOf(after, stable), 100)) this.#broken(seen, "others have nothing");
    }
    if (this.#edit === undefined) return;
    const isOver = this.#isAborted() || this.#isLatched();
    if (isOver) this.#broken(seen, "a person's edit during a rollback is never overwritten");
    if (share > 0) this.#broken(seen, "nothing goes forward over a person's edit");
    if (shareOf(before, canary) === 0) this.#broken(seen, "an edit without the canary stays");
    for (const other of Object.keys(before)) {
      if (other === canary || other === stable) continue;
      const kept = isNear(shareOf(before, other), shareOf(after, other));
      // A guard leaves the ratios of the others, and an abort their shares.
      const ratio = [before, after].map((each) => (each[other] ?? 0) / (each[stable] ?? 0));
      const isRatio = isNear(ratio[0] ?? 0, ratio[1] ?? 0);
      if (!kept && !isRatio) this.#broken(seen, `what a person gave ${other} stays`);
    }
  }

  #judgeStatus(seen: Seen): void {
    const after = jsonIn<RolloutStatusJson>(seen.puts.get(statusKey));
    if (after === undefined) {
      const isStep = !seen.isPersons && seen.record?.by.startsWith("release of") === true;
      if (isStep) this.#broken(seen, "a release writes no weight without its status");
      return;
    }
    const before = this.#status();
    if (before?.aborted !== undefined && !seen.isPersons) {
      if (after.aborted === undefined) this.#broken(seen, "an abort stays until `retry`");
      if (after.step !== before.step) this.#broken(seen, "an aborted release stays where it is");
    }
    if (after.aborted !== undefined) {
      if (before?.aborted === undefined) this.#aborts += 1;
      return;
    }
    // What a person has accepted is written over, by the step under way once more.
    if (seen.isPersons) this.#written.delete(after.step);
    if (before !== undefined && ![0, 1].includes(after.step - before.step)) {
      this.#broken(seen, `from step ${before.step} to step ${after.step}`);
    }
    if (after.writtenRevision === "this") this.#judgeStep(seen, after);
    else if (seen.puts.has(weightsKey)) this.#broken(seen, "a weight is written with its step");
  }

  #judgeStep(seen: Seen, { step, canaryPercent }: RolloutStatusJson): void {
    const { planned, canary } = this.#story;
    if (this.#written.has(step)) this.#broken(seen, `step ${step} is done once`);
    if (step !== 0 && this.#written.size > 0 && step < Math.max(...this.#written)) {
      this.#broken(seen, `step ${step} comes in its turn`);
    }
    this.#written.add(step);
    const percent = planned[step] ?? 100;
    const inForce = seen.puts.get(weightsKey) ?? this.#now.get(weightsKey);
    const share = shareOf(jsonIn<WeightsJson>(inForce) ?? {}, canary);
    if (!isNear(percent, share) || !isNear(percent, canaryPercent)) {
      this.#broken(seen, `step ${step} gives ${canary} ${percent} %, and not ${share} %`);
    }
  }

  #judgeLatch(seen: Seen): void {
    const { canary } = this.#story;
    if (!seen.puts.has(guardsKey)) return;
    const isLatched = isIn(seen.puts.get(guardsKey), canary);
    if (this.#isLatched() && !isLatched && !seen.isPersons) {
      this.#broken(seen, "a latch stays until `retry`");
    }
    if (!this.#isLatched() && isLatched) this.#latches += 1;
  }

  /** Steps that are a pause write nothing. */
  #isWritten(step: number): boolean {
    const { planned } = this.#story;
    return step === 0 || planned[step] !== planned[step - 1];
  }

  #status(): RolloutStatusJson | undefined {
    return jsonIn<RolloutStatusJson>(this.#now.get(statusKey));
  }

  #isAborted(): boolean {
    return this.#status()?.aborted !== undefined;
  }

  #isLatched(): boolean {
    return isIn(this.#now.get(guardsKey), this.#story.canary);
  }

  #apply(seen: Seen): void {
    for (const key of seen.deletes) this.#now.delete(key);
    for (const [key, value] of seen.puts) this.#now.set(key, value);
    if (seen.puts.has(leaderKey)) this.#term = seen.revision;
    if (seen.isPersons && seen.puts.has(statusKey)) this.#edit = undefined;
    if (!seen.puts.has(weightsKey)) return;
    // Weights from before there was anything to decide are what it begins from.
    const isUnderWay = this.#now.has(statusKey) || this.#now.has(guardsKey);
    const isEdit = isUnderWay && seen.isPersons && !seen.puts.has(statusKey);
    this.#edit = isEdit ? jsonIn<WeightsJson>(seen.puts.get(weightsKey)) : undefined;
  }

  #broken({ revision }: Revision, rule: string): void {
    this.violations.push(`revision ${revision}: ${rule}`);
  }
}

const isIn = (guards: string | undefined, subset: string): boolean =>
  jsonIn<GuardStatusJson>(guards)?.latched[subset] !== undefined;
