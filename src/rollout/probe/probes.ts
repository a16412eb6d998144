/** Probes instances again and again, and keeps what comes of it. Knows neither store nor leader. */
import { isDeepStrictEqual } from "node:util";
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import { UnderWay } from "../../lib/under-way.ts";
import type { Address } from "../../model/instance.ts";
import type { ServiceName } from "../../model/names.ts";
import type { HealthCheck, Sickness } from "../../model/service.ts";
import type { Probe, ProbeOutcome } from "./probe.ts";
import type { ProbedService } from "./probed-service.ts";
import { returnWaitMs } from "./return-wait.ts";
import { Turns } from "./turns.ts";
import { afterProbe, foundSick, newcomer, presumedWell, type Verdict } from "./verdict.ts";

export interface ProbesOptions {
  readonly clock: Clock;
  readonly probe: Probe;
  /** In [0, 1). */
  readonly random: () => number;
  readonly onProbed: (kind: ProbeOutcome["kind"]) => void;
  /** Other instances of the service are sick than before. */
  readonly onVerdict: (service: ServiceName) => void;
}

type SickInstances = ReadonlyMap<string, Sickness>;

interface Probed {
  readonly address: Address;
  readonly ended: AbortController;
  verdict: Verdict;
  /** Where the verdict is that it is sick, or was until a moment ago. */
  sickness: Sickness | undefined;
  /** Takes back what is due, if it has not begun. */
  cancel: () => void;
  /** Takes back that it is forgotten to have been sick. */
  cancelReturn: () => void;
}

interface Known {
  service: ProbedService;
  readonly instances: Map<string, Probed>;
}

export class Probes {
  readonly #options: ProbesOptions;
  readonly #turns: Turns;
  readonly #services = new Map<ServiceName, Known>();
  readonly #underWay = new UnderWay();

  constructor(options: ProbesOptions) {
    this.#options = options;
    this.#turns = new Turns(options.clock, limits.probes);
  }

  /** These from now on. `sickBefore`: as the store has it, for services that were not probed here. */
  set(
    services: readonly ProbedService[],
    sickBefore: (service: ServiceName) => SickInstances,
  ): void {
    const names = new Set(services.map(({ name }) => name));
    for (const [name, { instances }] of this.#services) {
      if (names.has(name)) continue;
      for (const each of instances.values()) end(each);
      this.#services.delete(name);
    }
    for (const service of services) {
      const known = this.#services.get(service.name);
      if (known === undefined) this.#begin(service, sickBefore(service.name));
      else if (known.service !== service) this.#change(known, service);
    }
  }

  /** By address, those that are back included; undefined: the service is not probed. */
  sick(service: ServiceName): SickInstances | undefined {
    const known = this.#services.get(service);
    if (known === undefined) return undefined;
    const sick = [...known.instances].flatMap(([address, { sickness }]) =>
      sickness === undefined ? [] : [[address, sickness] as const],
    );
    return new Map(sick);
  }

  /** Gives up what is under way, and forgets all. */
  stop(): void {
    this.set([], () => new Map());
  }

  async close(): Promise<void> {
    this.stop();
    await this.#underWay.ended();
  }

  /** Who was there before is presumed well, or sick as it was found; probes come at different times. */
  #begin(service: ProbedService, before: SickInstances): void {
    const known: Known = { service, instances: new Map() };
    this.#services.set(service.name, known);
    for (const [text, address] of service.addresses) {
      const sickness = before.get(text);
      const isSick = sickness !== undefined && sickness.backMs === undefined;
      const verdict = isSick ? foundSick : presumedWell;
      const firstMs = this.#options.random() * service.health.intervalMs;
      this.#add(known, text, { address, verdict, sickness }, firstMs);
    }
  }

  #change(known: Known, service: ProbedService): void {
    const isSameCheck = isDeepStrictEqual(known.service.health, service.health);
    known.service = service;
    for (const [text, probed] of known.instances) {
      if (!service.addresses.has(text)) {
        end(probed);
        known.instances.delete(text);
      } else if (!isSameCheck) {
        probed.cancel();
        this.#later(known, probed, this.#options.random() * service.health.intervalMs);
      }
    }
    for (const [text, address] of service.addresses) {
      if (known.instances.has(text)) continue;
      this.#add(known, text, { address, verdict: newcomer, sickness: undefined }, 0);
    }
  }

  #add(
    known: Known,
    text: string,
    parts: Pick<Probed, "address" | "verdict" | "sickness">,
    firstMs: number,
  ): void {
    const nothing = (): void => undefined;
    const ended = new AbortController();
    const probed: Probed = { ...parts, ended, cancel: nothing, cancelReturn: nothing };
    known.instances.set(text, probed);
    this.#return(known, probed);
    this.#later(known, probed, firstMs);
  }

  #later(known: Known, probed: Probed, ms: number): void {
    probed.cancel = this.#options.clock.after(ms, () => {
      probed.cancel = this.#turns.take(known.service.name, () => {
        probed.cancel = () => undefined;
        const work = this.#probe(known, probed);
        this.#underWay.add(work);
        return work;
      });
    });
  }

  async #probe(known: Known, probed: Probed): Promise<void> {
    const { probe, onProbed, random } = this.#options;
    const { health, protocol, name } = known.service;
    const { address, ended } = probed;
    const { check, timeoutMs } = health;
    const outcome = await probe({ address, check, protocol, host: name, timeoutMs }, ended.signal);
    // Its settings, or the wait for its next one, may be others by now.
    if (ended.signal.aborted) return;
    onProbed(outcome.kind);
    const { health: now } = known.service;
    this.#judge(known, probed, outcome, now);
    probed.cancel();
    const jitter = 1 + limits.probes.jitterShare * (2 * random() - 1);
    this.#later(known, probed, now.intervalMs * jitter);
  }

  #judge(known: Known, probed: Probed, outcome: ProbeOutcome, health: HealthCheck): void {
    const { sickness } = probed;
    const wasSick = probed.verdict.state === "sick";
    probed.verdict = afterProbe(probed.verdict, outcome.kind === "well", health);
    const isSick = probed.verdict.state === "sick";
    if (isSick === wasSick) {
      // From now on clients cannot reach it either.
      if (
        isSick &&
        sickness !== undefined &&
        outcome.kind !== "well" &&
        outcome.kind !== "answer"
      ) {
        probed.sickness = { ...sickness, kind: outcome.kind };
      }
      return;
    }
    const nowMs = this.#options.clock.wallMs();
    if (outcome.kind === "well") {
      probed.sickness = sickness && { ...sickness, backMs: nowMs };
      this.#return(known, probed);
    } else {
      probed.cancelReturn();
      probed.sickness = { sinceMs: nowMs, kind: outcome.kind, reason: outcome.reason };
    }
    this.#options.onVerdict(known.service.name);
  }

  /** Forgets that it was sick, in time. */
  #return(known: Known, probed: Probed): void {
    const { clock, onVerdict } = this.#options;
    const { sickness } = probed;
    if (sickness?.backMs === undefined) return;
    const waitMs = returnWaitMs(sickness, known.service.health);
    const leftMs = Math.min(waitMs, Math.max(0, sickness.backMs + waitMs - clock.wallMs()));
    probed.cancelReturn = clock.after(leftMs, () => {
      probed.sickness = undefined;
      onVerdict(known.service.name);
    });
  }
}

function end({ ended, cancel, cancelReturn }: Probed): void {
  cancel();
  cancelReturn();
  ended.abort();
}
