/**
 * What a guard that trips writes, all in one act: the weight is taken, the version is latched, the record of
 * history has the evidence, and the alerts wait in the outbox. Pure.
 */
import type { SubsetName } from "../../model/names.ts";
import type { GuardStatus } from "../../model/rollout-status.ts";
import type { SubsetWeight } from "../../model/service.ts";
import { requestsOf } from "../../observe/load/signal.ts";
import type { Act, ReadKey } from "../../store/act.ts";
import { encodeGuardStatus } from "../../store/decode/status-codec.ts";
import type { Evidence } from "../../store/history/record.ts";
import { guardStatusKey } from "../../store/status-keys.ts";
import type { Entry, Write } from "../../store/store.ts";
import { alertsOf } from "../alert/message.ts";
import { alertWrite } from "../alert/outbox-entry.ts";
import type { Measured } from "../judge/measured.ts";
import { clipped } from "../release/words.ts";
import type { GuardedService, Look } from "./guarded-service.ts";
import { trippedWeights } from "./tripped-weights.ts";

export interface Trip extends Look {
  readonly service: GuardedService;
  /** One sentence with counts, interval and rule. */
  readonly reason: string;
  readonly figures: Evidence;
  /** As the store has them: what the act rests on. */
  readonly entries: ReadonlyMap<string, Entry>;
  readonly status: GuardStatus;
  readonly operation: string;
  /** Wall clock. */
  readonly atMs: number;
}

/** undefined: the version has no weight to be taken, and is latched or need not be. */
export function tripAct(trip: Trip): Act | undefined {
  const { service, guard, subset, reason, entries, operation, atMs } = trip;
  const { setWeight: percent, latch, alerts } = guard.onFailure;
  const weights = trippedWeights(service.weights, { subset, percent, stable: receiverOf(trip) });
  const isNewLatch = latch && !trip.status.latched.has(subset);
  if (weights === undefined && !isNewLatch) return undefined;
  const keys = {
    settings: `services/${service.name}`,
    rollout: `rollouts/${service.name}`,
    weights: `weights/${service.name}`,
    status: guardStatusKey(service.name),
  };
  const writes: Write[] = [];
  if (weights !== undefined) writes.push(put(keys.weights, encodeWeights(weights)));
  if (isNewLatch) writes.push(put(keys.status, latched(trip)));
  const title = `${subset} has failed, and ${sentenceOf(percent)}`;
  const told = { operation, service: service.name, atMs, title, text: reason };
  return {
    service: service.name,
    operation,
    atMs,
    by: `guard ${guard.name}`,
    why: reason,
    read: Object.values(keys).map((key): ReadKey => ({ key, entry: entries.get(key) })),
    writes,
    notes: alertsOf(alerts, told).map(alertWrite),
    evidence: { guard: guard.name, subset, rule: guard.failureCondition.text, ...trip.figures },
  };
}

/** Who gets what nobody else does: the stable version, or, where that has no instances, the next one. */
function receiverOf({ service: { subsets, usable }, subset }: Trip): SubsetName {
  const [stable] = subsets;
  const next = subsets.find((each) => each !== subset && usable.has(each));
  return subset === stable || usable.has(stable) ? stable : (next ?? stable);
}

const encodeWeights = (weights: readonly SubsetWeight[]): Uint8Array =>
  Buffer.from(
    JSON.stringify(Object.fromEntries(weights.map(({ subset, weight }) => [subset, weight]))),
  );

const sentenceOf = (percent: number): string =>
  percent === 0 ? "gets no traffic any more" : `keeps ${percent} % of the traffic`;

function latched({ status, subset, guard, reason, operation, atMs }: Trip): Uint8Array {
  const latch = { atMs, guard: guard.name, evidence: clipped(reason) };
  return encodeGuardStatus({
    ...status,
    latched: new Map([...status.latched, [subset, latch]]),
    operation,
  });
}

const put = (key: string, value: Uint8Array): Write => ({ kind: "put", key, value });

/** What the verdict rests on, in numbers. */
export function figuresFor(measured: Measured): Evidence {
  switch (measured.kind) {
    case "requests": {
      const { counts, reporters, ageMs } = measured.signal;
      return {
        requests: requestsOf(counts),
        errors: counts.errors,
        reporters,
        ageMs: ageMs ?? null,
      };
    }
    case "value":
      return { result: measured.value, ageMs: measured.ageMs };
    case "unavailable":
      return {};
  }
}
