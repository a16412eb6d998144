/**
 * What Prometheus reads of the safety loop: who acts, how releases and guards stand, and what became of
 * alerts. What the store tells is the same on every replica; what a replica did is its own.
 */
import { Gauge, type Registry } from "prom-client";
import { makers } from "./metric-makers.ts";

export interface LoopMetrics {
  /** Whether this replica leads. */
  leads(on: boolean): void;
  /** `outcome`: delivered, failed (it is tried again), given up, or dropped (too many wait). */
  alerted(outcome: "delivered" | "failed" | "given_up" | "dropped"): void;
  /** A guard has taken a version out. */
  guardTripped(): void;
  /** `kind`: what happens to a release, in serin's own words. */
  releaseActed(kind: string, outcome: "done" | "lost" | "failed" | "not_leader"): void;
  /** Where the values come from that are read when Prometheus asks. */
  loopSeen(read: () => LoopState): void;
}

export interface LoopState {
  /** By phase: all of them, those that no release is in as well. */
  readonly releases: ReadonlyMap<string, number>;
  /** By reason, all of them: for how long the release waits that has for the longest, s; 0: none does. */
  readonly waits: ReadonlyMap<string, number>;
  /** Versions that guards have taken out. */
  readonly latches: number;
  readonly pendingAlerts: number;
  /** Of what proxies report, s; undefined: nobody reports, or nothing is judged. */
  readonly signalAge: number | undefined;
}

export function loopMetrics(registry: Registry): LoopMetrics {
  const { counter, gauge } = makers(registry);
  const leader = gauge(
    "serin_leader",
    "1 while this replica acts for all: one of them has it.",
    [],
  );
  const terms = counter("serin_leader_terms_total", "Times that this replica began to lead.", []);
  const alerts = counter(
    "serin_alerts_total",
    "Attempts to deliver alerts: `delivered`, `failed`, `given_up`, `dropped`.",
    ["outcome"],
  );
  const trips = counter("serin_guard_trips_total", "Versions that guards have taken out.", []);
  const acts = counter(
    "serin_release_acts_total",
    "Acts of releases that this replica tried: see below.",
    ["kind", "outcome"],
  );
  let read: (() => LoopState) | undefined;
  stateGauges(registry, () => read?.());
  return {
    guardTripped: () => trips.inc(),
    leads(on) {
      leader.set(on ? 1 : 0);
      if (on) terms.inc();
    },
    alerted: (outcome) => alerts.inc({ outcome }),
    releaseActed: (kind, outcome) => acts.inc({ kind, outcome }),
    loopSeen(from) {
      read = from;
    },
  };
}

function stateGauges(registry: Registry, read: () => LoopState | undefined): void {
  const byLabel = (
    name: string,
    help: string,
    label: string,
    values: (state: LoopState) => ReadonlyMap<string, number>,
  ): void => {
    new Gauge({
      ...{ name, help, labelNames: [label], registers: [registry] },
      collect() {
        const state = read();
        this.reset();
        for (const [each, value] of state === undefined ? [] : values(state)) {
          this.set({ [label]: each }, value);
        }
      },
    });
  };
  const plain = (
    name: string,
    help: string,
    value: (state: LoopState) => number | undefined,
  ): void => {
    new Gauge({
      ...{ name, help, registers: [registry] },
      collect() {
        const state = read();
        const now = state && value(state);
        if (now === undefined) this.remove();
        else this.set(now);
      },
    });
  };
  byLabel(
    "serin_releases",
    "Releases by phase, `Pending` before they begin; the same on every replica.",
    "phase",
    ({ releases }) => releases,
  );
  byLabel(
    "serin_release_wait_seconds",
    "The longest wait under way, by what is waited for; the same on every one.",
    "reason",
    ({ waits }) => waits,
  );
  plain(
    "serin_guard_latches",
    "Versions of known services that are out now; the same on every replica.",
    ({ latches }) => latches,
  );
  plain(
    "serin_alerts_pending",
    "Alerts in the store that have not arrived; what can be none is logged.",
    ({ pendingAlerts }) => pendingAlerts,
  );
  plain(
    "serin_signal_age_seconds",
    "Age of the oldest proxy's newest report; absent: none reports, or none need.",
    ({ signalAge }) => signalAge,
  );
}
