/**
 * The prober of all replicas: while this one leads, it probes what gRPC clients ask for, and writes who is
 * sick to the store, from where every replica's clients get it. A new leader goes on from what is written.
 */
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { UnderWay } from "../../lib/under-way.ts";
import { isName, type ServiceName } from "../../model/names.ts";
import { type Act, newOperation } from "../../store/act.ts";
import { healthStatusFolder, healthStatusKey } from "../../store/status-keys.ts";
import type { Entry, Store } from "../../store/store.ts";
import { actAsLeader } from "../act.ts";
import type { Leader } from "../leader.ts";
import { type Finding, healthAct, nobodySick, type SickInstances, sickIn } from "./health-act.ts";
import type { Probe, ProbeOutcome } from "./probe.ts";
import { type ProbedService, withinBounds } from "./probed-service.ts";
import { Probes } from "./probes.ts";

export interface ProberOptions {
  readonly clock: Clock;
  readonly store: Store;
  readonly leader: Pick<Leader, "term" | "deposed">;
  /** Under `status/health/`, as the store has them. */
  readonly entries: () => ReadonlyMap<string, Entry>;
  /** Services that gRPC clients ask for, of any replica. */
  readonly needed: () => Iterable<ServiceName>;
  /** undefined: it is not there, or cannot be probed. */
  readonly probed: (service: ServiceName) => ProbedService | undefined;
  readonly probe: Probe;
  readonly observer: ProberObserver;
  readonly random?: () => number;
}

export interface ProberObserver {
  probed(kind: ProbeOutcome["kind"]): void;
  /** Written: these are sick from now on, by address, and why. */
  marked(service: ServiceName, sick: ReadonlyMap<string, string>): void;
  /** Over all services. */
  counted(probed: number, sick: number): void;
  /** Told once; it is tried again. */
  notWritten(service: ServiceName, why: string): void;
  /** Services for whose instances there is no room; told when it changes. */
  leftOut(services: readonly ServiceName[]): void;
}

export class Prober {
  readonly #options: ProberOptions;
  readonly #probes: Probes;
  readonly #underWay = new UnderWay();
  /** When a client asked for the service last. Monotonic. */
  readonly #neededAtMs = new Map<ServiceName, number>();
  /** To be written, in the order in which they came; those that are being written are not among them. */
  readonly #due = new Set<ServiceName>();
  readonly #writing = new Set<ServiceName>();
  /** When the next write of a service may be. Monotonic. */
  readonly #writesFromMs = new Map<ServiceName, number>();
  readonly #told = new Map<ServiceName, string>();
  #leftOut = "";
  #closed = false;
  #cancel: () => void = () => undefined;

  constructor(options: ProberOptions) {
    const { clock, probe, observer, random = Math.random } = options;
    this.#options = options;
    this.#probes = new Probes({
      ...{ clock, probe, random },
      onProbed: (kind) => observer.probed(kind),
      onVerdict: (service) => this.#settle(service),
    });
    this.#look();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancel();
    await Promise.all([this.#probes.close(), this.#underWay.ended()]);
  }

  #look(): void {
    const { clock, leader, observer } = this.#options;
    this.#cancel = clock.after(limits.probes.lookMs, () => this.#look());
    if (leader.term() === undefined) {
      this.#probes.stop();
      for (const memory of [this.#neededAtMs, this.#writesFromMs, this.#told]) memory.clear();
      observer.counted(0, 0);
      return;
    }
    const stored = this.#stored();
    const { kept, leftOut } = this.#wanted(stored);
    this.#tellLeftOut(leftOut);
    this.#probes.set(kept, (service) => this.#sickIn(service));
    for (const service of new Set([...stored, ...kept.map(({ name }) => name)])) {
      this.#settle(service);
    }
    const marked = kept.reduce((sum, { name }) => sum + reasons(this.#probes.sick(name)).size, 0);
    observer.counted(
      kept.reduce((sum, { addresses }) => sum + addresses.size, 0),
      marked,
    );
  }

  /** Services with verdicts in the store. */
  #stored(): readonly ServiceName[] {
    return [...this.#options.entries().keys()]
      .map((key) => key.slice(healthStatusFolder.length))
      .filter(isName)
      .map((name) => name as ServiceName);
  }

  /** Those that are asked for, or were a moment ago; of verdicts that are found, nobody knows when. */
  #wanted(stored: readonly ServiceName[]) {
    const { clock, needed, probed } = this.#options;
    const nowMs = clock.monotonicMs();
    for (const name of stored) {
      if (!this.#neededAtMs.has(name)) this.#neededAtMs.set(name, nowMs);
    }
    for (const name of needed()) this.#neededAtMs.set(name, nowMs);
    const services = [...this.#neededAtMs].flatMap(([name, atMs]) => {
      const service = probed(name);
      return service !== undefined && nowMs - atMs < limits.probes.lingerMs ? [service] : [];
    });
    const names = new Set([...stored, ...services.map(({ name }) => name)]);
    // One that has gone is forgotten as soon as its verdicts are.
    for (const name of this.#neededAtMs.keys()) {
      if (!names.has(name)) this.#neededAtMs.delete(name);
    }
    return withinBounds(services, limits.probes.instances);
  }

  #sickIn(service: ServiceName) {
    return sickIn(this.#options.entries().get(healthStatusKey(service)));
  }

  /** Writes what was found of a service, if the store does not say so yet. */
  #settle(service: ServiceName): void {
    const nowMs = this.#options.clock.monotonicMs();
    // The next look takes it along.
    if (this.#writing.has(service) || nowMs < (this.#writesFromMs.get(service) ?? 0)) return;
    this.#due.add(service);
    this.#writeDue();
  }

  #writeDue(): void {
    for (const service of this.#due) {
      if (this.#closed || this.#writing.size >= limits.probes.writesAtOnce) return;
      this.#due.delete(service);
      const finding = this.#finding(service);
      const act = healthAct(finding);
      if (act === undefined) {
        this.#writesFromMs.delete(service);
        continue;
      }
      const { clock } = this.#options;
      this.#writing.add(service);
      this.#writesFromMs.set(service, clock.monotonicMs() + limits.probes.writePauseMs);
      const written = this.#write(finding, act).finally(() => {
        this.#writing.delete(service);
        this.#writeDue();
      });
      this.#underWay.add(written);
    }
  }

  #finding(service: ServiceName): Finding {
    const { clock, entries } = this.#options;
    const atMs = clock.wallMs();
    return {
      service,
      sick: this.#probes.sick(service) ?? nobodySick,
      entry: entries().get(healthStatusKey(service)),
      operation: newOperation(atMs),
      atMs,
    };
  }

  async #write({ service, sick }: Finding, act: Act): Promise<void> {
    const { store, leader, observer } = this.#options;
    const acted = await actAsLeader(store, leader, act);
    if (acted.kind === "done") {
      this.#told.delete(service);
      observer.marked(service, reasons(sick));
    } else if (acted.kind === "failed" && this.#told.get(service) !== acted.error.message) {
      this.#told.set(service, acted.error.message);
      observer.notWritten(service, acted.error.message);
    }
  }

  #tellLeftOut(services: readonly ServiceName[]): void {
    const text = services.join(" ");
    if (text === this.#leftOut) return;
    this.#leftOut = text;
    this.#options.observer.leftOut(services);
  }
}

/** Of those that are sick and not back, why, by address. */
const reasons = (sick: SickInstances = nobodySick): ReadonlyMap<string, string> =>
  new Map(
    [...sick].flatMap(([address, { reason, backMs }]) =>
      backMs === undefined ? [[address, reason] as const] : [],
    ),
  );
