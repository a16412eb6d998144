/** What a release is decided upon, as one revision of the store has it. Pure. */
import { err, ok, type Result } from "../lib/result.ts";
import type { Rollout } from "../model/rollout.ts";
import type { GuardStatus, Latch, RolloutStatus } from "../model/rollout-status.ts";
import type { ReadKey } from "../store/act.ts";
import { decodeEntry } from "../store/decode/decode-entry.ts";
import { decodeRolloutStatus } from "../store/decode/status-codec.ts";
import { guardStatusIn } from "../store/guard-status.ts";
import { guardStatusKey, rolloutStatusKey } from "../store/status-keys.ts";
import type { Entry } from "../store/store.ts";
import type { Weights } from "./release/decision.ts";
import { weightsKey } from "./release-act.ts";

export interface Found {
  readonly entries: ReadonlyMap<string, Entry>;
  readonly status: RolloutStatus | undefined;
  readonly guards: GuardStatus;
  readonly weights: Weights | undefined;
  /** Of a guard on the canary. */
  readonly latch: Latch | undefined;
  /** All keys that an act upon this rests on. */
  readonly read: readonly ReadKey[];
}

/** An error is one sentence: nothing can be decided. */
export function findRelease(
  { service, canary }: Rollout,
  entries: ReadonlyMap<string, Entry>,
): Result<Found, string> {
  const keys = {
    status: rolloutStatusKey(service),
    weights: weightsKey(service),
    rollout: `rollouts/${service}`,
    guards: guardStatusKey(service),
  };
  const entry = entries.get(keys.status);
  const status = entry === undefined ? ok(undefined) : decodeRolloutStatus(entry);
  if (!status.ok) return err(`${keys.status}: ${status.error}`);
  const guards = guardStatusIn(entries.get(keys.guards));
  if (!guards.ok) return err(`${keys.guards}: ${guards.error}`);
  const written = entries.get(keys.weights);
  const weights = written && weightsIn(written);
  if (written !== undefined && weights === undefined) {
    return err(`${keys.weights} cannot be read: set the weights anew, and the release goes on`);
  }
  return ok({
    entries,
    status: status.value,
    guards: guards.value,
    weights,
    latch: guards.value.latched.get(canary),
    read: Object.values(keys).map((key) => ({ key, entry: entries.get(key) })),
  });
}

function weightsIn(entry: Entry): Weights | undefined {
  const { content } = decodeEntry(entry);
  if (content?.kind !== "weights") return undefined;
  return new Map(content.weights.map(({ subset, weight }) => [subset, weight]));
}
