/**
 * "Have your proxies accepted revision R?", from replica to replica. Each that serves has a key of its
 * own under a lease, `status/replicas/<replica>`, in which it asks and answers; who asks waits for those
 * whose key is there. Nothing is written while nobody asks.
 */
import { behindList, isRejected, isStanding } from "../admin/behind-json.ts";
import type { OtherReplicas, ReplicaProgress } from "../admin/replicas.ts";
import { limits } from "../config/limits.ts";
import type { XdsServer } from "../index.ts";
import { decodeWords, encodeWords, type ReplicaWords } from "./replica-question-codec.ts";
import { type TellingOptions, ToldByReplicas } from "./told-by-replicas.ts";

export const replicasFolder = "status/replicas/";

export interface ReplicaQuestionOptions extends TellingOptions {
  /** In force at this replica. */
  readonly revision: () => bigint | undefined;
  readonly xds: Pick<XdsServer, "applied" | "behind" | "review" | "streams">;
}

export class ReplicaQuestions implements OtherReplicas {
  readonly #options: ReplicaQuestionOptions;
  readonly #replicas: ToldByReplicas<ReplicaWords>;
  readonly #untap: () => void;
  /** How many waits ask for each. */
  readonly #asks = new Map<bigint, number>();
  /** What others ask for, until they ask no more. */
  readonly #answering = new Map<bigint, AbortController>();
  #cancel: () => void = () => {};
  #isClosed = false;

  constructor(options: ReplicaQuestionOptions) {
    this.#options = options;
    this.#replicas = new ToldByReplicas(options, replicasFolder, decodeWords);
    this.#untap = options.taps.add([replicasFolder], {
      start: () => this.#heard(),
      change: () => this.#heard(),
    });
    this.#tell();
  }

  ask(revision: bigint): () => void {
    this.#asks.set(revision, (this.#asks.get(revision) ?? 0) + 1);
    this.#tell();
    return () => {
      const left = (this.#asks.get(revision) ?? 1) - 1;
      if (left > 0) this.#asks.set(revision, left);
      else this.#asks.delete(revision);
      this.#tell();
    };
  }

  progress(revision: bigint): ReadonlyMap<string, ReplicaProgress> {
    return new Map(
      [...this.#replicas.others].map(([replica, { answers }]) => [
        replica,
        answers.get(revision) ?? unanswered,
      ]),
    );
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    this.#untap();
    for (const watch of this.#answering.values()) watch.abort();
    await this.#replicas.close();
  }

  /** Others ask for more or for less, or have answered. */
  #heard(): void {
    const all = [...this.#replicas.others.values()].flatMap(({ asks }) => asks);
    const asked = new Set(all.slice(0, limits.replicas.questions));
    for (const [revision, watch] of this.#answering) {
      if (asked.has(revision)) continue;
      this.#answering.delete(revision);
      watch.abort();
    }
    for (const revision of asked) {
      if (!this.#answering.has(revision)) this.#answer(revision);
    }
    this.#tell();
    if (this.#asks.size > 0) this.#options.xds.review();
  }

  /** At once, and as soon as all have answered. */
  #answer(revision: bigint): void {
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
    // While it is alone, its asks are news to nobody: they are told once another one is there.
    const isAlone = this.#replicas.others.size === 0;
    const asks = isAlone ? [] : [...this.#asks.keys()].slice(0, limits.replicas.questions);
    const answers = [...this.#answering.keys()].map((of) => [of, this.#own(of)] as const);
    this.#replicas.tell(encodeWords({ asks, answers: new Map(answers) }));
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

const unanswered: ReplicaProgress = {
  progress: "pending",
  proxies: 0,
  accepted: 0,
  behind: [
    {
      node: "all its proxies",
      peer: "-",
      type: null,
      status: "PENDING",
      versionSent: null,
      versionAcked: null,
      message: null,
    },
  ],
  omitted: 0,
};
