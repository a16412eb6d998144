/**
 * How the safety loop stands, for metrics: kept up with each change of the store, so that a look at it costs
 * what there are releases, and not what there are keys.
 */
import type { Clock } from "../lib/clock.ts";
import type { Rollout } from "../model/rollout.ts";
import type { RolloutStatus } from "../model/rollout-status.ts";
import type { LoopState } from "../observe/loop-metrics.ts";
import { outboxPrefix, readAlert } from "../rollout/alert/outbox-entry.ts";
import { decodeGuardStatus, decodeRolloutStatus } from "../store/decode/status-codec.ts";
import { rolloutPhases, waitReasons } from "../store/schema/status.ts";
import { guardStatusFolder, rolloutStatusFolder, rolloutStatusKey } from "../store/status-keys.ts";
import type { Entry } from "../store/store.ts";
import type { EntryTaps } from "./entry-taps.ts";

export interface LoopViewOptions {
  readonly taps: Pick<EntryTaps, "add">;
  readonly rollouts: () => Iterable<Rollout>;
  /** A latch outlives its service in the store, and takes nobody out then. */
  readonly isService: (name: string) => boolean;
  /** ms; undefined: nobody reports, or nothing is judged. */
  readonly signalAgeMs: () => number | undefined;
  readonly clock: Pick<Clock, "wallMs">;
}

export class LoopView {
  readonly #options: LoopViewOptions;
  /** By key; what cannot be read counts as not there. */
  readonly #statuses = new Map<string, RolloutStatus>();
  readonly #latches = new Map<string, number>();
  readonly #alerts = new Set<string>();
  readonly close: () => void;

  constructor(options: LoopViewOptions) {
    this.#options = options;
    this.close = options.taps.add([rolloutStatusFolder, guardStatusFolder, outboxPrefix], {
      start: ({ entries }) => {
        for (const entry of entries.values()) this.#put(entry);
      },
      change: ({ puts, deletes }) => {
        for (const key of deletes) this.#delete(key);
        for (const entry of puts) this.#put(entry);
      },
    });
  }

  state(): LoopState {
    const releases = new Map<string, number>(
      ["Pending", ...rolloutPhases].map((each) => [each, 0]),
    );
    const waits = new Map<string, number>(waitReasons.map((each) => [each, 0]));
    const nowMs = this.#options.clock.wallMs();
    for (const { service, specHash } of this.#options.rollouts()) {
      const found = this.#statuses.get(rolloutStatusKey(service));
      const status = found?.specHash === specHash ? found : undefined;
      const phase = status?.phase ?? "Pending";
      releases.set(phase, (releases.get(phase) ?? 0) + 1);
      if (status?.waits === undefined) continue;
      const { for: reason, sinceMs } = status.waits;
      waits.set(reason, Math.max(waits.get(reason) ?? 0, (nowMs - sinceMs) / 1_000));
    }
    const ageMs = this.#options.signalAgeMs();
    return {
      releases,
      waits,
      latches: this.#countLatches(),
      pendingAlerts: this.#alerts.size,
      signalAge: ageMs === undefined ? undefined : ageMs / 1_000,
    };
  }

  #countLatches(): number {
    let sum = 0;
    for (const [key, count] of this.#latches) {
      if (this.#options.isService(key.slice(guardStatusFolder.length))) sum += count;
    }
    return sum;
  }

  #put(entry: Entry): void {
    const { key } = entry;
    if (key.startsWith(outboxPrefix)) {
      // What can be no alert never arrives; whoever leads logs it (rollout/alert/outbox.ts).
      if (readAlert(entry).ok) this.#alerts.add(key);
      else this.#alerts.delete(key);
    } else if (key.startsWith(guardStatusFolder)) {
      const read = decodeGuardStatus(entry);
      // A latch that cannot be read keeps its last good value, as it does for proxies.
      if (read.ok) this.#latches.set(key, read.value.latched.size);
    } else {
      const read = decodeRolloutStatus(entry);
      if (read.ok) this.#statuses.set(key, read.value);
      else this.#statuses.delete(key);
    }
  }

  #delete(key: string): void {
    this.#alerts.delete(key);
    this.#latches.delete(key);
    this.#statuses.delete(key);
  }
}
