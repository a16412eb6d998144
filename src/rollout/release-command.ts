/**
 * What a person says to a release, carried out on the store: read afresh, decided, and written in one act
 * with its record; again and again where others write as well, so that an abort wins in the end.
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { ServiceName, SubsetName } from "../model/names.ts";
import type { Rollout } from "../model/rollout.ts";
import type { GuardStatus } from "../model/rollout-status.ts";
import { type Act, type Author, newOperation } from "../store/act.ts";
import { type ActFailure, actFailure } from "../store/act-failure.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import { encodeGuardStatus } from "../store/decode/status-codec.ts";
import { cleared, retryGuards } from "../store/guard-status.ts";
import { guardStatusKey, rolloutStatusKey } from "../store/status-keys.ts";
import type { Entry, Store, StoreError, Write } from "../store/store.ts";
import { type Decision, type Insisted, insist } from "./act.ts";
import { applyCommand, type CommandOutcome, type RolloutCommand } from "./release/commands.ts";
import { unlike } from "./release/seen.ts";
import type { Unable } from "./release/withdrawal.ts";
import { releaseAct, weightsKey } from "./release-act.ts";
import { type Found, findRelease } from "./release-reads.ts";

export interface CommandAsked extends Author {
  readonly service: ServiceName;
  readonly command: RolloutCommand;
  /** The release that is in force, where its object cannot be read any more; undefined: none is. */
  readonly inForce?: (() => Rollout | undefined) | undefined;
  /** Versions that can take no traffic, and why. */
  readonly unable: (rollout: Rollout, state: DesiredState) => Unable;
  /** What whoever says it has seen (`seenText`); undefined: it holds however the release stands. */
  readonly expected?: string | undefined;
  readonly clock?: Clock;
}

export interface Commanded {
  readonly revision: bigint;
  /** What was done, in one sentence. */
  readonly message: string;
  /** Versions that guards had taken out, and that may have traffic again. */
  readonly subsets: readonly SubsetName[];
}

/** As people say it. */
export type SaidToRelease = Exclude<RolloutCommand, "promoteFull">;

export const commandOf = (said: SaidToRelease, full: boolean): RolloutCommand =>
  said === "promote" && full ? "promoteFull" : said;

/** Where there is no release, `retry` is about the guards of the service alone. */
export async function sayToRelease(
  store: Store,
  asked: CommandAsked,
): Promise<Result<Commanded, ActFailure>> {
  const { service, command } = asked;
  if (command !== "retry") return commandRelease(store, asked);
  const rollout = await store.get(`rollouts/${service}`);
  if (!rollout.ok) return err({ kind: "store", error: rollout.error });
  if (rollout.value !== undefined) return commandRelease(store, asked);
  const { expected } = asked;
  const differs = ({ latched }: GuardStatus): string | undefined => {
    const bare = { rollout: undefined, status: undefined, weights: undefined, latched };
    return expected === undefined ? undefined : unlike(expected, bare, command);
  };
  const retried = await retryGuards(store, service, { ...asked, differs });
  if (!retried.ok) return retried;
  const { revision, subsets } = retried.value;
  return ok({ revision, subsets, message: againText(subsets) });
}

const againText = (subsets: readonly SubsetName[]): string =>
  `${subsets.join(", ")} may have traffic again`;

async function commandRelease(
  store: Store,
  asked: CommandAsked,
): Promise<Result<Commanded, ActFailure>> {
  const { clock = systemClock } = asked;
  let last: Omit<Commanded, "revision"> = { message: "", subsets: [] };
  const decideAnew = async (): Promise<Decision<ActFailure>> => {
    const read = await readRelease(store, asked);
    if (!read.ok) return read.error;
    const nowMs = Math.floor(clock.wallMs());
    const decided = decideUpon(asked, read.value, nowMs);
    if (decided.kind !== "act") return { kind: "refused", refusal: decided };
    last = { message: decided.message, subsets: decided.subsets };
    return { kind: "act", act: decided.act };
  };
  return outcomeOf(await insist(store, decideAnew, { clock }), () => last);
}

function outcomeOf(
  insisted: Insisted<ActFailure>,
  last: () => Omit<Commanded, "revision">,
): Result<Commanded, ActFailure> {
  switch (insisted.kind) {
    case "done":
      return ok({ revision: insisted.revision, ...last() });
    case "refused":
      return err(insisted.refusal);
    default:
      return err(actFailure(insisted));
  }
}

interface Read {
  readonly rollout: Rollout;
  readonly unable: Unable;
  readonly found: Found;
}

async function readRelease(
  store: Store,
  { service, inForce, unable }: CommandAsked,
): Promise<Result<Read, Exclude<Decision<ActFailure>, { readonly kind: "act" }>>> {
  const key = `rollouts/${service}`;
  const found = await readKeys(store, service);
  if (!found.ok) return err({ kind: "failed", error: found.error });
  const entries = found.value;
  const { state } = createDecoder().start({ revision: 0n, entries });
  const rollout = state.rollouts.get(service) ?? (entries.has(key) ? inForce?.() : undefined);
  if (rollout === undefined) {
    const message = entries.has(key) ? `${key} is not valid` : `there is no ${key}`;
    return err({ kind: "refused", refusal: { kind: "refused", message } });
  }
  const release = findRelease(rollout, entries);
  if (!release.ok) {
    return err({ kind: "refused", refusal: { kind: "refused", message: release.error } });
  }
  return ok({ rollout, found: release.value, unable: unable(rollout, state) });
}

/** What a release is decided upon, and what says which of its versions can take traffic. */
async function readKeys(
  store: Store,
  service: ServiceName,
): Promise<Result<ReadonlyMap<string, Entry>, StoreError>> {
  const keys = [
    ...[`rollouts/${service}`, rolloutStatusKey(service), weightsKey(service)],
    ...[guardStatusKey(service), `services/${service}`],
  ];
  const prefixes = ["analysistemplates/", "lanes/", `endpoints/${service}/`];
  const [reads, lists] = await Promise.all([
    Promise.all(keys.map((each) => store.get(each))),
    Promise.all(prefixes.map((each) => store.list(each))),
  ]);
  const entries = new Map<string, Entry>();
  for (const list of lists) {
    if (!list.ok) return list;
    for (const [key, entry] of list.value.entries) entries.set(key, entry);
  }
  for (const read of reads) {
    if (!read.ok) return read;
    if (read.value !== undefined) entries.set(read.value.key, read.value);
  }
  return ok(entries);
}

type Decided =
  | ActFailure
  | {
      readonly kind: "act";
      readonly act: Act;
      readonly message: string;
      readonly subsets: readonly SubsetName[];
    };

function decideUpon(asked: CommandAsked, { rollout, found, unable }: Read, nowMs: number): Decided {
  const { service, command, by, why, expected } = asked;
  const { status, weights, latch, guards } = found;
  const standing = { rollout, status, weights, latched: guards.latched };
  const differs = expected === undefined ? undefined : unlike(expected, standing, command);
  if (differs !== undefined) return { kind: "unexpected", message: `${service}: ${differs}` };
  const operation = newOperation(nowMs);
  const outcome = applyCommand({
    ...{ rollout, status, weights, unable, command, by, nowMs, operation },
    latched: latch !== undefined,
    why: why === command ? undefined : why,
  });
  const subsets = command === "retry" ? [...guards.latched.keys()] : [];
  const clearing = subsets.length === 0 ? [] : [clearingWrite(service, found, nowMs, operation)];
  const base = { service, by, atMs: nowMs, read: found.read, isTold: true };
  if (outcome.kind === "write") {
    const told = { ...outcome, reason: reasonOf(asked, outcome) };
    const act = releaseAct(told, { ...base, also: clearing });
    return { kind: "act", act, message: outcome.reason, subsets };
  }
  if (clearing.length === 0) return { kind: "refused", message: outcome.reason };
  // The release goes on as it is; another version than its canary may have traffic again.
  const act = { ...base, operation, why, writes: clearing };
  return { kind: "act", act, message: againText(subsets), subsets };
}

type Written = Extract<CommandOutcome, { readonly kind: "write" }>;

/** For the record: a person's own words, if there are any. */
const reasonOf = ({ command, why }: CommandAsked, { reason }: Written): string =>
  why === command || reason.includes(why) ? reason : `${reason}: ${why}`;

const clearingWrite = (
  service: ServiceName,
  { guards }: Found,
  atMs: number,
  operation: string,
): Write => ({
  kind: "put",
  key: guardStatusKey(service),
  value: encodeGuardStatus(cleared(guards, atMs, operation)),
});
