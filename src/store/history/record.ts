/**
 * A record of history: who changed which weights, routes or releases of a service, when and why, and
 * what they were before and after. It is written in the transaction of the change itself, so that there
 * is no change of serin's without one.
 */
import { limits } from "../../config/limits.ts";
import { parsedJson } from "../../lib/parsed-json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { type HistoryRecordValue, historyRecordSchema } from "../schema/history-record.ts";
import { byHash, type RecordedValue } from "./recorded-value.ts";

/** What a decision rests on: counts, interval, rule, revision. */
export type Evidence = Readonly<Record<string, string | number | boolean | null>>;

export interface HistoryRecord {
  /** Of the act that made the changes: its operation. Sorts by time; see `operationId`. */
  readonly id: string;
  /** As they call themselves; nobody checks it. */
  readonly by: string;
  /** Wall clock. */
  readonly atMs: number;
  readonly why: string;
  /** At least one. */
  readonly changes: readonly RecordedChange[];
  readonly evidence: Evidence | undefined;
}

export interface RecordedChange {
  readonly key: string;
  readonly before: RecordedValue;
  readonly after: RecordedValue;
}

const folder = "history";

export const historyPrefix = (service: string): string => `${folder}/${service}/`;

export const historyKey = (service: string, id: string): string => historyPrefix(service) + id;

export interface HistoryKey {
  readonly service: string;
  readonly id: string;
}

/** undefined: not the key of a record. */
export function readHistoryKey(key: string): HistoryKey | undefined {
  const [first, service = "", id = "", ...deeper] = key.split("/");
  if (first !== folder || service === "" || id === "" || deeper.length > 0) return undefined;
  return { service, id };
}

const idTimeDigits = 13;

/** `chance`: hexadecimal digits, enough that no two acts of one millisecond have the same. */
export const operationId = (atMs: number, chance: string): string =>
  `${String(Math.floor(atMs)).padStart(idTimeDigits, "0")}-${chance}`;

/** When the act was, for pruning without reading the record; undefined: not an id of ours. */
export function timeOfId(id: string): number | undefined {
  const [, digits] = new RegExp(`^(\\d{${idTimeDigits}})-[0-9a-f]+$`).exec(id) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Bounded: texts are cut, and where the values do not fit they are told by their hashes. */
export function encodeRecord(record: HistoryRecord): Uint8Array {
  const whole = Buffer.from(JSON.stringify(toValue(record)));
  if (whole.byteLength <= limits.history.recordBytes) return whole;
  const changes = record.changes.map(({ key, before, after }) => ({
    key,
    before: byHash(before),
    after: byHash(after),
  }));
  return Buffer.from(JSON.stringify(toValue({ ...record, changes })));
}

/** Total: any bytes give a record or a sentence that says what is wrong. */
export function decodeRecord(id: string, value: Uint8Array): Result<HistoryRecord, string> {
  const parsed = historyRecordSchema.safeParse(parsedJson(value));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const where = issue === undefined ? "" : ` at ${issue.path.join(".") || "its root"}`;
    return err(`not a record of history: it is wrong${where}`);
  }
  const { by, atMs, why, changes, evidence } = parsed.data;
  const recorded = changes.map(({ key, before, after }) => ({
    key,
    before: fromJson(before),
    after: fromJson(after),
  }));
  return ok({ id, by, atMs, why, changes: recorded, evidence });
}

type ValueJson = HistoryRecordValue["changes"][number]["before"];

export function recordedJson(value: RecordedValue): ValueJson {
  switch (value.kind) {
    case "absent":
      return null;
    case "text":
      return value.text;
    case "hash":
      return { sha256: value.sha256, bytes: value.bytes };
  }
}

function fromJson(value: ValueJson): RecordedValue {
  if (value === null) return { kind: "absent" };
  return typeof value === "string"
    ? { kind: "text", text: value }
    : { kind: "hash", sha256: value.sha256, bytes: value.bytes };
}

function toValue({ by, atMs, why, changes, evidence }: HistoryRecord): HistoryRecordValue {
  const told = changes.slice(0, limits.history.changes).map(({ key, before, after }) => ({
    key,
    before: recordedJson(before),
    after: recordedJson(after),
  }));
  return {
    by: cut(by),
    atMs: Math.max(0, Math.floor(atMs)),
    why: cut(why),
    changes: told,
    ...(evidence !== undefined && { evidence: bounded(evidence) }),
  };
}

const bounded = (evidence: Evidence): Evidence =>
  Object.fromEntries(
    Object.entries(evidence)
      .slice(0, limits.history.figures)
      .map(([name, figure]) => [cut(name), typeof figure === "string" ? cut(figure) : figure]),
  );

const cut = (text: string): string => text.slice(0, limits.history.textChars);
