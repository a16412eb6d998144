/**
 * The status of releases, guards and probes, to the store and back. Reading is strict and total: a value that
 * serin would not have written is a reason, and whoever reads it acts on nothing.
 */
import type { z } from "zod";
import { compareText } from "../../lib/compare-text.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { SubsetName } from "../../model/names.ts";
import { type GuardStatus, type RolloutStatus, thisRevision } from "../../model/rollout-status.ts";
import type { HealthStatus } from "../../model/service.ts";
import { guardStatusSchema, healthStatusSchema, rolloutStatusSchema } from "../schema/status.ts";
import type { Entry } from "../store.ts";
import { judge } from "./judge.ts";
import { parseValue } from "./parse.ts";
import { formatPath, type Problem } from "./problem.ts";

type Stored = Pick<Entry, "value" | "modRevision">;

/** Fields without a value are left out, and maps are objects. */
const encode = (value: object): Uint8Array =>
  new TextEncoder().encode(
    JSON.stringify(value, (_key, inner) =>
      inner instanceof Map ? Object.fromEntries(inner) : (inner as unknown),
    ),
  );

export const encodeRolloutStatus = (status: RolloutStatus): Uint8Array => encode(status);

export const encodeGuardStatus = (status: GuardStatus): Uint8Array => encode(status);

export const encodeHealthStatus = (status: HealthStatus): Uint8Array => encode(status);

/** `thisRevision` becomes the revision that the value was written at. */
export function decodeRolloutStatus({ value, modRevision }: Stored): Result<RolloutStatus, string> {
  const read = decode(rolloutStatusSchema, value);
  if (!read.ok) return read;
  const { writtenRevision, reachedMs, weights, waits, aborted, tallies, ...rest } = read.value;
  return ok({
    ...rest,
    writtenRevision: writtenRevision === thisRevision ? String(modRevision) : writtenRevision,
    reachedMs,
    weights: weights === undefined ? undefined : bySubset(weights),
    waits,
    aborted,
    tallies: new Map(Object.entries(tallies)),
  });
}

export function decodeGuardStatus({ value }: Pick<Entry, "value">): Result<GuardStatus, string> {
  const read = decode(guardStatusSchema, value);
  if (!read.ok) return read;
  const { latched, retried, operation } = read.value;
  return ok({ latched: bySubset(latched), retried: bySubset(retried), operation });
}

/** Sorted by address. */
export function decodeHealthStatus({ value }: Pick<Entry, "value">): Result<HealthStatus, string> {
  const read = decode(healthStatusSchema, value);
  if (!read.ok) return read;
  const { sick, operation } = read.value;
  return ok({
    sick: new Map(Object.entries(sick).sort(([a], [b]) => compareText(a, b))),
    operation,
  });
}

const bySubset = <T>(fields: Readonly<Record<string, T>>): ReadonlyMap<SubsetName, T> =>
  new Map(Object.entries(fields).map(([subset, value]) => [subset as SubsetName, value]));

function decode<T>(schema: z.ZodType<T>, bytes: Uint8Array): Result<T, string> {
  const parsed = parseValue(bytes);
  if (!parsed.ok) return err(reasonOf(parsed.error));
  const { value, problems } = judge(schema, parsed.value, []);
  const [first] = problems.filter(({ severity }) => severity === "error");
  if (value !== undefined) return ok(value);
  return err(first === undefined ? "not a status" : reasonOf(first));
}

function reasonOf({ path, message }: Problem): string {
  const at = formatPath(path);
  return at === "" ? message : `${at}: ${message}`;
}
