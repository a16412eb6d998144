/**
 * Releases at work: whoever leads looks at each of them every second, and whenever something of it has
 * changed, decides, and acts. What an act was decided upon is compared in its transaction, so that a
 * person's edit is never overwritten, and nothing that matters after a failover is remembered here.
 */
import { limits } from "../config/limits.ts";
import type { Clock } from "../lib/clock.ts";
import { UnderWay } from "../lib/under-way.ts";
import type { ServiceName } from "../model/names.ts";
import type { Rollout } from "../model/rollout.ts";
import { isOpen } from "../model/window.ts";
import { type Act, newOperation } from "../store/act.ts";
import { rolloutStatusKey } from "../store/status-keys.ts";
import type { Entry, Store } from "../store/store.ts";
import { type Acted, actAsLeader } from "./act.ts";
import type { Leader } from "./leader.ts";
import { decide } from "./release/decide.ts";
import type {
  Acknowledgement,
  DecideInput,
  DecisionToWrite,
  RolloutEvent,
} from "./release/decision.ts";
import { sameWeights } from "./release/shares.ts";
import { isEnded } from "./release/wait.ts";
import type { Unable } from "./release/withdrawal.ts";
import { releaseAct, weightsKey } from "./release-act.ts";
import { releaseAlerts } from "./release-alerts.ts";
import type { ReleaseGates } from "./release-gates.ts";
import type { ReleaseMeasurements } from "./release-measurements.ts";
import { type Found, findRelease } from "./release-reads.ts";
import { WeightWriters } from "./weight-writers.ts";

export interface ReleaseObserver {
  acted(event: ReleaseEvent): void;
  /** How an act came out, of whatever kind; one that was lost is decided anew. */
  tried(kind: RolloutEvent | "Measured", outcome: Acted["kind"]): void;
  /** An act was not carried out, and will be tried again; told once for each reason. */
  notActed(service: ServiceName, why: string): void;
  /** A status, or the weights, are not as they should be; nothing is done to this release meanwhile. */
  unreadable(service: ServiceName, why: string): void;
  /** What `holds` says of it is another reason, or none. */
  held?(service: ServiceName): void;
}

export interface ReleaseEvent {
  readonly service: ServiceName;
  readonly event: RolloutEvent;
  readonly reason: string;
  readonly revision: bigint;
}

export interface ReleaseControllerOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly leader: Pick<Leader, "term" | "deposed">;
  /** Of the store, of one revision, which is that of `rollouts` as well. */
  readonly entries: () => ReadonlyMap<string, Entry>;
  readonly rollouts: () => Iterable<Rollout>;
  /** How far the proxies of all replicas are; undefined: with anything at all. */
  readonly acknowledged: (service: ServiceName, revision: bigint | undefined) => Acknowledgement;
  /** Why guards cannot judge the canary now. */
  readonly blind: (rollout: Rollout) => readonly string[];
  /** Versions that can take no traffic now, and why. */
  readonly unable: (rollout: Rollout) => Unable;
  readonly measurements: ReleaseMeasurements;
  readonly gates: ReleaseGates;
  readonly observer: ReleaseObserver;
}

export class ReleaseController {
  readonly #options: ReleaseControllerOptions;
  readonly #acting = new Set<ServiceName>();
  /** At which revision a status was written last, until the watch has brought it. */
  readonly #awaited = new Map<ServiceName, bigint>();
  readonly #holds = new Map<ServiceName, string>();
  readonly #told = new Map<ServiceName, string>();
  readonly #writers = new WeightWriters();
  readonly #underWay = new UnderWay();
  #cancel: () => void;
  #isPoked = false;
  #isClosed = false;

  constructor(options: ReleaseControllerOptions) {
    this.#options = options;
    this.#cancel = options.clock.after(limits.rollout.lookMs, () => this.#tick());
  }

  /** Something of a release has changed: looked at now, instead of when it is time. */
  poke(): void {
    if (this.#isPoked || this.#isClosed) return;
    this.#isPoked = true;
    this.#cancel();
    this.#cancel = this.#options.clock.after(0, () => this.#tick());
  }

  /** Why a release does nothing just now, as far as this replica knows: it has to lead. */
  holds(service: string): string | undefined {
    return this.#holds.get(service as ServiceName);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancel();
    await this.#underWay.ended();
  }

  #tick(): void {
    if (this.#isClosed) return;
    const { clock, leader, rollouts, gates, measurements } = this.#options;
    this.#isPoked = false;
    this.#cancel = clock.after(limits.rollout.lookMs, () => this.#tick());
    if (leader.term() === undefined) {
      for (const service of this.#holds.keys()) this.#hold(service, undefined);
      gates.forget();
      measurements.forget();
      return;
    }
    const services = new Set<ServiceName>();
    for (const rollout of rollouts()) {
      services.add(rollout.service);
      this.#lookAt(rollout);
    }
    this.#keep(services);
  }

  #hold(service: ServiceName, reason: string | undefined): void {
    if (this.#holds.get(service) === reason) return;
    if (reason === undefined) this.#holds.delete(service);
    else this.#holds.set(service, reason);
    this.#options.observer.held?.(service);
  }

  #keep(services: ReadonlySet<ServiceName>): void {
    this.#options.gates.keep(services);
    for (const known of [this.#awaited, this.#holds, this.#told]) {
      for (const service of known.keys()) if (!services.has(service)) known.delete(service);
    }
  }

  #lookAt(rollout: Rollout): void {
    const { service } = rollout;
    if (this.#acting.has(service)) return;
    const { clock, entries, measurements } = this.#options;
    const found = findRelease(rollout, entries());
    if (!found.ok) {
      this.#hold(service, found.error);
      if (this.#isNews(service, found.error)) {
        this.#options.observer.unreadable(service, found.error);
      }
      return;
    }
    if (this.#isBehind(service, found.value)) return;
    const nowMs = Math.floor(clock.wallMs());
    const { status } = found.value;
    const tallies = status && measurements.measure(rollout, status, nowMs);
    if (status !== undefined && tallies !== undefined) {
      const operation = newOperation(nowMs);
      const measured = { ...status, tallies, operation };
      const reason = "measurements of its analyses";
      const act = this.#actOf(rollout, found.value, { status: measured, reason }, nowMs);
      this.#carryOut(rollout, act);
      return;
    }
    this.#decide(rollout, found.value, nowMs);
  }

  /** What was written is not read yet. */
  #isBehind(service: ServiceName, { entries }: Found): boolean {
    const awaited = this.#awaited.get(service);
    if (awaited === undefined) return false;
    const revision = entries.get(rolloutStatusKey(service))?.modRevision ?? 0n;
    if (revision < awaited) return true;
    this.#awaited.delete(service);
    return false;
  }

  #decide(rollout: Rollout, found: Found, nowMs: number): void {
    const { service } = rollout;
    const input = this.#inputOf(rollout, found, nowMs);
    const decision = decide(input);
    switch (decision.kind) {
      case "hold":
        this.#hold(service, decision.reason);
        return;
      case "ask":
        this.#hold(service, decision.reason);
        if (found.status !== undefined) {
          this.#options.gates.ask(rollout, found.status, decision.asks);
          this.poke();
        }
        return;
      case "write":
        this.#hold(service, undefined);
        this.#carryOut(rollout, this.#actOf(rollout, found, decision, nowMs), decision);
    }
  }

  #inputOf(rollout: Rollout, found: Found, nowMs: number): DecideInput {
    const { acknowledged, blind, unable, measurements, gates } = this.#options;
    const { entries, status, weights, latch } = found;
    const isOwn = status?.specHash === rollout.specHash;
    const written = isOwn ? status.writtenRevision : undefined;
    // To look at all proxies is not for nothing.
    const acked: Acknowledgement =
      isOwn && isEnded(status)
        ? { kind: "applied" }
        : acknowledged(rollout.service, written === undefined ? undefined : BigInt(written));
    return {
      rollout,
      status,
      weights,
      weightsBy: sameWeights(weights, status?.weights)
        ? undefined
        : this.#writers.of(rollout.service, entries.get(weightsKey(rollout.service)), entries),
      latch,
      unable: unable(rollout),
      acked,
      analysis: status === undefined ? new Map() : measurements.findings(rollout, status),
      blind: blind(rollout),
      window: isOpen(rollout.windows, nowMs),
      gates: gates.answers(rollout.service),
      nowMs,
      operation: newOperation(nowMs),
    };
  }

  #actOf(
    rollout: Rollout,
    { read }: Found,
    decision: Pick<DecisionToWrite, "status" | "reason"> & Partial<DecisionToWrite>,
    atMs: number,
  ): Act {
    const { service, canary } = rollout;
    const { status, weights, reason, event } = decision;
    const { operation, step, canaryPercent } = status;
    return releaseAct(
      { status, weights, reason },
      {
        service,
        by: status.aborted?.by ?? `release of ${canary}`,
        atMs,
        read,
        evidence: { step, canaryPercent, ...(event !== undefined && { event }) },
        ...(event !== undefined && {
          notes: releaseAlerts(rollout, { event, reason }, { operation, atMs }),
        }),
      },
    );
  }

  #carryOut(rollout: Rollout, act: Act, decision?: DecisionToWrite): void {
    const { service } = rollout;
    const { store, leader, gates, observer } = this.#options;
    this.#acting.add(service);
    const work = actAsLeader(store, leader, act).then((acted) => {
      this.#acting.delete(service);
      observer.tried(decision?.event ?? "Measured", acted.kind);
      if (acted.kind === "failed") {
        const { message } = acted.error;
        if (this.#isNews(service, message)) observer.notActed(service, message);
        return;
      }
      // One that was lost is decided anew when the watch brings what was quicker, or in a second.
      if (acted.kind !== "done") return;
      const { revision } = acted;
      this.#told.delete(service);
      this.#awaited.set(service, revision);
      if (decision !== undefined) {
        const { event, reason, status } = decision;
        observer.acted({ service, event, reason, revision });
        gates.tell(rollout, status, event);
      }
      this.poke();
    });
    this.#underWay.add(work);
  }

  #isNews(service: ServiceName, why: string): boolean {
    if (this.#told.get(service) === why) return false;
    this.#told.set(service, why);
    return true;
  }
}
