/**
 * "Have your proxies accepted revision R?", from replica to replica. Each that serves has a key of its
 * own under a lease, `status/replicas/<replica>`, in which it asks and answers; who asks waits for those
 * whose key is there, and for those that have gone without a word. Nothing is written while nobody asks.
 */
import { behindList, isRejected, isStanding } from "../admin/behind-json.ts";
import type { OtherReplicas, Question, ReplicaProgress } from "../admin/replicas.ts";
import { limits } from "../config/limits.ts";
import type { XdsServer } from "../index.ts";
import { inTurns } from "./in-turns.ts";
import { membersFolder, replicasFolder } from "./replica-folders.ts";
import { type MemberOptions, ReplicaMembers } from "./replica-members.ts";
import {
  type Answer,
  decodeWords,
  encodeWords,
  type ReplicaWords,
} from "./replica-question-codec.ts";
import { notHeardOf, unanswered } from "./replica-silence.ts";
import { ToldByReplicas } from "./told-by-replicas.ts";

export interface ReplicaQuestionOptions extends MemberOptions {
  /** In force at this replica. */
  readonly revision: () => bigint | undefined;
  readonly xds: Pick<XdsServer, "applied" | "behind" | "review" | "streams">;
}

interface Ask {
  /** How many waits ask for it. */
  readonly waits: number;
  readonly number: number;
}

export class ReplicaQuestions implements OtherReplicas {
  /** Resolves when others can know of this replica. */
  readonly known: Promise<unknown>;
  readonly #options: ReplicaQuestionOptions;
  readonly #replicas: ToldByReplicas<ReplicaWords>;
  readonly #members: ReplicaMembers;
  readonly #untap: () => void;
  readonly #asks = new Map<bigint, Ask>();
  #lastNumber = 0;
  /** What others ask for, until they ask no more. */
  readonly #answering = new Map<bigint, AbortController>();
  /** Of those that wait for a first answer. */
  readonly #looks = new Set<() => void>();
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(given: ReplicaQuestionOptions) {
    const onTrouble = (why: string | undefined): void => {
      given.onTrouble(why);
      // Whoever waits may be sure again.
      if (why === undefined) given.xds.review();
    };
    const options = { ...given, onTrouble };
    this.#options = options;
    this.#members = new ReplicaMembers(options);
    this.#replicas = new ToldByReplicas(options, replicasFolder, decodeWords);
    this.known = Promise.all([this.#members.written, this.#replicas.written]);
    this.#untap = options.taps.add([membersFolder, replicasFolder], {
      start: () => this.#heard(),
      change: () => this.#heard(),
    });
    this.#tell();
  }

  get size(): number {
    return this.#replicas.others.size + this.#members.lost().size;
  }

  doubt(): string | undefined {
    return this.#replicas.isHeard ? undefined : "this replica is out of touch with the store";
  }

  ask(revision: bigint): Question {
    this.#lastNumber += 1;
    const number = this.#lastNumber;
    this.#asks.set(revision, { waits: (this.#asks.get(revision)?.waits ?? 0) + 1, number });
    this.#tell();
    return {
      progress: () => this.#progress(revision, number),
      answered: (signal) => this.#answered(revision, number, signal),
      end: () => {
        const { waits = 1, number: last = number } = this.#asks.get(revision) ?? {};
        if (waits > 1) this.#asks.set(revision, { waits: waits - 1, number: last });
        else this.#asks.delete(revision);
        this.#tell();
      },
    };
  }

  advanced(): void {
    if (this.#asks.size > 0) this.#tell();
  }

  /** This one's port is bound. */
  opened(): void {
    this.#members.opened();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#untap();
    for (const watch of this.#answering.values()) watch.abort();
    // In this order: whose key goes first is lost to the others.
    await this.#members.close();
    await this.#replicas.close();
  }

  #progress(revision: bigint, number: number): ReadonlyMap<string, ReplicaProgress> {
    const heard = [...this.#replicas.others].map(
      ([replica, words]) => [replica, this.#answer(words, revision, number) ?? unanswered] as const,
    );
    const lost = [...this.#members.lost()].map(
      ([replica, ms]) => [replica, notHeardOf(ms)] as const,
    );
    return new Map([...heard, ...lost]);
  }

  #answer({ answers }: ReplicaWords, revision: bigint, number: number): Answer | undefined {
    const answer = answers.get(revision);
    const isNew = (answer?.to.get(this.#options.replica) ?? -1) >= number;
    return isNew ? answer : undefined;
  }

  #answered(revision: bigint, number: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        cancel();
        this.#looks.delete(look);
        signal.removeEventListener("abort", end);
        resolve();
      };
      const look = (): void => {
        const others = [...this.#replicas.others.values()];
        if (others.every((words) => this.#answer(words, revision, number) !== undefined)) end();
      };
      const cancel = this.#options.clock.after(limits.replicas.answerMs, end);
      this.#looks.add(look);
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
      else look();
    });
  }

  /** Others ask for more or for less, or have answered, have come or gone. */
  #heard(): void {
    const lists = [...this.#replicas.others.values()].map(({ asks }) =>
      asks.map(({ revision }) => revision),
    );
    const asked = inTurns(lists, limits.replicas.questions);
    for (const [revision, watch] of this.#answering) {
      if (asked.has(revision)) continue;
      this.#answering.delete(revision);
      watch.abort();
    }
    for (const revision of asked) {
      if (!this.#answering.has(revision)) this.#watch(revision);
    }
    this.#tell();
    for (const look of [...this.#looks]) look();
    if (this.#asks.size > 0) this.#options.xds.review();
  }

  /** Answered at once, and as soon as all have answered. */
  #watch(revision: bigint): void {
    const watch = new AbortController();
    this.#answering.set(revision, watch);
    const { xds } = this.#options;
    const timeoutMs = limits.admin.waitMaxMs;
    const when = (): boolean => this.#isInForce(revision);
    const answered = xds.applied(undefined, { revision, timeoutMs, when, signal: watch.signal });
    void answered.then(() => this.#tell());
  }

  /** Where somebody asks, who is behind changes meanwhile. */
  #tell(): void {
    if (this.#isClosed) return;
    this.#cancel();
    if (this.#answering.size > 0) {
      const { clock } = this.#options;
      this.#cancel = clock.after(limits.replicas.lookMs, () => this.#tell());
    }
    const answers = [...this.#answering.keys()].map((of) => {
      const answer = { ...this.#own(of), to: this.#askersOf(of) };
      return [of, answer] as const;
    });
    this.#replicas.tell(encodeWords({ asks: this.#toldAsks(), answers: new Map(answers) }));
  }

  /**
   * While it is alone, its asks are news to nobody: they are told once another one is there. A revision that is not
   * in force here may be one that nobody has written, and would take the room of others.
   */
  #toldAsks(): ReplicaWords["asks"] {
    if (this.#replicas.others.size === 0) return [];
    return [...this.#asks]
      .filter(([revision]) => this.#isInForce(revision))
      .slice(0, limits.replicas.questions)
      .map(([revision, { number }]) => ({ revision, number }));
  }

  /** With the number of what each of them asked last. */
  #askersOf(of: bigint): ReadonlyMap<string, number> {
    const askers = [...this.#replicas.others].flatMap(([replica, { asks }]) => {
      const asked = asks.find(({ revision }) => revision === of);
      return asked === undefined ? [] : [[replica, asked.number] as const];
    });
    return new Map(askers);
  }

  #isInForce(revision: bigint): boolean {
    return (this.#options.revision() ?? -1n) >= revision;
  }

  #own(revision: bigint): ReplicaProgress {
    const { xds } = this.#options;
    const proxies = xds.streams().filter(({ node }) => node !== undefined).length;
    if (!this.#isInForce(revision)) return { ...unanswered, behind: [], proxies };
    const all = xds.behind(undefined, { revision });
    const late = all.filter((each) => !isStanding(each));
    const waiting = late.filter((each) => !isRejected(each));
    const progress = waiting.length > 0 ? "pending" : late.length > 0 ? "rejected" : "applied";
    // Under `applied`, what stands rejected from before.
    const told = late.length > 0 ? late : all;
    const { behind, omitted } = behindList(told, limits.replicas.behind);
    const messageChars = limits.replicas.messageChars;
    const short = behind.map((each) => ({
      ...each,
      message: each.message?.slice(0, messageChars) ?? null,
    }));
    return { progress, proxies, accepted: proxies - late.length, behind: short, omitted };
  }
}
