/**
 * Guards at work: each looks at its versions when it is time, and what fails is taken out by the one
 * replica that leads. All replicas look, so that each can say how things stand, and a new leader knows
 * how many looks have failed in a row.
 */
import { isDeepStrictEqual } from "node:util";
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { UnderWay } from "../../lib/under-way.ts";
import type { SignalProvider } from "../../model/guard.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { GuardStatus } from "../../model/rollout-status.ts";
import type { SubsetSignal } from "../../observe/load/signal.ts";
import type { Provider } from "../../observe/provider.ts";
import { newOperation } from "../../store/act.ts";
import { guardStatusIn } from "../../store/guard-status.ts";
import { guardStatusKey } from "../../store/status-keys.ts";
import type { Entry, Store } from "../../store/store.ts";
import { type Acted, actAsLeader } from "../act.ts";
import {
  type GuardJudgement,
  type GuardMemory,
  judgeGuard,
  lookDueAtMs,
  neverLooked,
} from "../judge/judge-guard.ts";
import { type Measured, measuredBy } from "../judge/measured.ts";
import { quickLookbacks } from "../judge/quick-look.ts";
import type { Leader } from "../leader.ts";
import { type GuardedService, hasOther, type Look, lookName, looksOf } from "./guarded-service.ts";
import { Questions } from "./questions.ts";
import { lookSince, Retries, tooSoon } from "./retries.ts";
import { figuresFor, tripAct } from "./trip.ts";

export interface GuardObserver {
  /** A version was taken out. */
  tripped(event: TripEvent): void;
  /** It should have been, and will be tried again; told once for each reason. */
  notTripped(event: Omit<TripEvent, "revision">, why: string): void;
  /** `status/guards/<service>` is not as serin writes it; nothing is done to this service meanwhile. */
  unreadable(key: string, why: string): void;
  /** The verdict on one of its versions is another one. */
  judged?(service: ServiceName): void;
}

export interface TripEvent {
  readonly service: ServiceName;
  readonly subset: SubsetName;
  readonly guard: string;
  readonly reason: string;
  readonly revision: bigint;
}

export interface GuardLooksOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly leader: Pick<Leader, "term" | "deposed">;
  /** Of the store, of one revision. */
  readonly entries: () => ReadonlyMap<string, Entry>;
  readonly services: () => Iterable<GuardedService>;
  readonly signal: (service: string, subset: string, lookbackMs: number) => SubsetSignal;
  readonly provider: Provider;
  readonly observer: GuardObserver;
}

/** How a look came out, for people. */
export interface LookResult extends Look {
  readonly service: ServiceName;
  readonly verdict: GuardJudgement["verdict"] | "latched";
  readonly reason: string;
}

interface Memory extends GuardMemory {
  readonly result: LookResult | undefined;
}

export class GuardLooks {
  readonly #options: GuardLooksOptions;
  /** By service, and name of the look. */
  #memories = new Map<string, Map<string, Memory>>();
  readonly #acting = new Set<ServiceName>();
  readonly #questions: Questions;
  readonly #retries = new Retries();
  readonly #told = new Map<string, string>();
  readonly #underWay = new UnderWay();
  #cancel: () => void;
  #closed = false;

  constructor(options: GuardLooksOptions) {
    this.#options = options;
    this.#questions = new Questions(options.provider, options.clock);
    this.#cancel = options.clock.after(limits.rollout.lookMs, () => this.#tick());
  }

  /** The last look of each guard at each version of a service. */
  results(service: string): readonly LookResult[] {
    const memories = this.#memories.get(service);
    return [...(memories?.values() ?? [])].flatMap(({ result }) => result ?? []);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    this.#questions.close();
    await this.#underWay.ended();
  }

  #tick(): void {
    const before = this.#memories;
    this.#memories = new Map();
    this.#retries.keep(before);
    for (const service of this.#options.services()) {
      // What is guarded no longer is forgotten.
      const known = before.get(service.name);
      const looks = looksOf(service);
      const names = new Set(looks.map(lookName));
      const kept = [...(known ?? [])].filter(([name]) => names.has(name));
      this.#memories.set(service.name, new Map(kept));
      this.#lookAt(service, looks);
    }
    this.#cancel = this.#options.clock.after(limits.rollout.lookMs, () => this.#tick());
  }

  #lookAt(service: GuardedService, looks: readonly Look[]): void {
    const status = this.#statusOf(service.name);
    if (status === undefined) return;
    const { clock } = this.#options;
    const now = { nowMs: clock.monotonicMs(), wallMs: clock.wallMs() };
    for (const each of looks) {
      const retriedMs = this.#retries.agoMs(service.name, each.subset, status, now);
      const look = lookSince(each, retriedMs);
      const latch = status.latched.get(look.subset);
      if (latch !== undefined) {
        this.#remember(service, look, { verdict: "latched", reason: latch.evidence });
        continue;
      }
      const soon = tooSoon(look, retriedMs);
      if (soon !== undefined) {
        this.#remember(service, look, { verdict: "hold", reason: soon });
        continue;
      }
      const memory = this.#memoryOf(service.name, look);
      if (lookDueAtMs(look.guard, memory) > now.nowMs) continue;
      this.#measure(service, look, (measured) => this.#judge(service, look, measured, status));
    }
  }

  #memoryOf(service: string, look: Look): GuardMemory {
    return this.#memories.get(service)?.get(lookName(look)) ?? neverLooked;
  }

  #remember(
    service: GuardedService,
    look: Look,
    { verdict, reason }: Pick<LookResult, "verdict" | "reason">,
    memory: GuardMemory = neverLooked,
  ): void {
    const result = { ...look, service: service.name, verdict, reason };
    const memories = this.#memories.get(service.name);
    const before = memories?.get(lookName(look))?.result?.verdict;
    memories?.set(lookName(look), { ...memory, result });
    if (before !== verdict) this.#options.observer.judged?.(service.name);
  }

  #measure(service: GuardedService, look: Look, then: (measured: Measured) => void): void {
    const { provider, lookbackMs } = look.guard;
    if (provider.kind === "envoy") {
      const over = (ms: number) => this.#options.signal(service.name, look.subset, ms);
      const recent = quickLookbacks(look.guard).map((ms) => ({ lookbackMs: ms, signal: over(ms) }));
      then({ kind: "requests", signal: over(lookbackMs), recent });
      return;
    }
    this.#underWay.add(this.#ask(service, look, provider, then));
  }

  async #ask(
    service: GuardedService,
    look: Look,
    query: Exclude<SignalProvider, { readonly kind: "envoy" }>,
    then: (measured: Measured) => void,
  ): Promise<void> {
    const { subset, guard } = look;
    const name = `${service.name} ${lookName(look)}`;
    const answer = await this.#questions.ask({ name, query, intervalMs: guard.intervalMs });
    if (answer === undefined || this.#closed) return;
    then(measuredBy(subset, answer));
  }

  #judge(service: GuardedService, look: Look, measured: Measured, status: GuardStatus): void {
    const nowMs = this.#options.clock.monotonicMs();
    const before = this.#memoryOf(service.name, look);
    const judgement = judgeGuard(look.guard, measured, before, nowMs);
    this.#remember(service, look, judgement, judgement.memory);
    if (judgement.verdict !== "fail") return;
    if (this.#acting.has(service.name)) {
      // It is looked at again when that is done, and not an interval later.
      this.#remember(service, look, judgement, before);
      return;
    }
    this.#acting.add(service.name);
    this.#underWay.add(
      this.#trip(service, look, measured, judgement, status).then((acted) => {
        this.#acting.delete(service.name);
        // It is looked at again at once, and acted upon if it still fails.
        if (acted !== "done") this.#remember(service, look, judgement, before);
      }),
    );
  }

  async #trip(
    { name }: GuardedService,
    look: Look,
    measured: Measured,
    judgement: GuardJudgement,
    judged: GuardStatus,
  ): Promise<Acted["kind"]> {
    const { clock, store, leader, entries } = this.#options;
    const atMs = clock.wallMs();
    const now = this.#asItIs(name, look, judged);
    if (now === undefined) return "lost";
    const { service, status } = now;
    const { reason } = judgement;
    const event = { service: name, subset: look.subset, guard: look.guard.name, reason };
    if (!hasOther(service, look.subset)) {
      this.#tellNotTripped(event, look, nobodyElse);
      this.#remember(
        service,
        look,
        { verdict: "fail", reason: `${reason}; ${nobodyElse}` },
        judgement.memory,
      );
      return "done";
    }
    const act = tripAct({
      ...look,
      service,
      reason,
      figures: figuresFor(measured),
      entries: entries(),
      status,
      operation: newOperation(atMs),
      atMs,
    });
    if (act === undefined) return "done";
    const acted = await actAsLeader(store, leader, act);
    if (acted.kind === "done") {
      this.#told.delete(`${name} ${lookName(look)}`);
      this.#options.observer.tripped({ ...event, revision: acted.revision });
    }
    if (acted.kind === "failed") this.#tellNotTripped(event, look, acted.error.message);
    return acted.kind;
  }

  /**
   * What the act rests on, of the revision that its compares name; undefined: it is not what was judged
   * any more, since a provider took its time, and somebody wrote meanwhile.
   */
  #asItIs(
    name: ServiceName,
    look: Look,
    judged: GuardStatus,
  ): { readonly service: GuardedService; readonly status: GuardStatus } | undefined {
    const status = this.#statusOf(name);
    const service = [...this.#options.services()].find((each) => each.name === name);
    const { subset } = look;
    if (service === undefined || status === undefined || status.latched.has(subset)) return;
    if (status.retried.get(subset) !== judged.retried.get(subset)) return;
    const { lookbackMs } = look.guard;
    const isThere = looksOf(service).some(({ guard, ...each }) =>
      isDeepStrictEqual({ ...each, guard: { ...guard, lookbackMs } }, look),
    );
    return isThere ? { service, status } : undefined;
  }

  #tellNotTripped(event: Omit<TripEvent, "revision">, look: Look, why: string): void {
    if (!this.#isNews(`${event.service} ${lookName(look)}`, why)) return;
    this.#options.observer.notTripped(event, why);
  }

  #statusOf(service: ServiceName): GuardStatus | undefined {
    const key = guardStatusKey(service);
    const read = guardStatusIn(this.#options.entries().get(key));
    if (read.ok) {
      this.#told.delete(key);
      return read.value;
    }
    if (this.#isNews(key, read.error)) this.#options.observer.unreadable(key, read.error);
    return undefined;
  }

  #isNews(about: string, why: string): boolean {
    if (this.#told.get(about) === why) return false;
    this.#told.set(about, why);
    return true;
  }
}

const nobodyElse = "it stays, since no other version can take its traffic";
