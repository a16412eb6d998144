/**
 * An act as it goes over the wire: a transaction of etcd, read from the bytes that serin sent, by the
 * numbers of etcd's own protocol (`TxnRequest` in etcdserverpb/rpc.proto) and with nothing of the store
 * under test.
 */
import { FieldScanner } from "../../src/proto/scan.ts";
import { jsonIn, type RolloutStatusJson } from "./recorded-values.ts";

/** Keys are relative to the prefix of the world. */
export interface SentAct {
  /** Of its record, or else of the status that it writes. */
  readonly operation: string;
  /** At which revision the leader's key is to be; undefined: a person's act has no such fence. */
  readonly term: number | undefined;
  readonly puts: ReadonlyMap<string, string>;
}

export const leaderKey = "status/controller";
export const weightsKey = "weights/web";
export const statusKey = "status/rollouts/web";
export const guardsKey = "status/guards/web";
export const historyFolder = "history/web/";

const acted: ReadonlySet<string> = new Set([weightsKey, statusKey, guardsKey]);

/** undefined: it is another call, or no act. */
export function readAct(message: Buffer, prefix: string): SentAct | undefined {
  // Most of what passes is something else, and need not be looked into.
  if (!message.includes(prefix)) return undefined;
  try {
    return actOf(message, prefix);
  } catch (error) {
    // A request of another kind has other fields under the same numbers.
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function actOf(message: Buffer, prefix: string): SentAct | undefined {
  let term: number | undefined;
  const puts = new Map<string, string>();
  for (const { number, value } of fieldsOf(message)) {
    if (number === field.compare && keyOf(value, 3) === prefix + leaderKey)
      term = revisionOf(value);
    if (number !== field.success) continue;
    for (const put of fieldsOf(value)) {
      if (put.number !== field.put) continue;
      const key = keyOf(put.value, 1);
      if (key?.startsWith(prefix)) puts.set(key.slice(prefix.length), textOf(put.value, 2));
    }
  }
  if (![...puts.keys()].some((key) => acted.has(key))) return undefined;
  const operation = operationOf(puts);
  return operation === undefined ? undefined : { operation, term, puts };
}

export function operationOf(puts: ReadonlyMap<string, string>): string | undefined {
  for (const key of puts.keys()) {
    if (key.startsWith(historyFolder)) return key.slice(historyFolder.length);
  }
  return jsonIn<RolloutStatusJson>(puts.get(statusKey))?.operation;
}

/** Whether etcd has done a transaction: `succeeded` of its `TxnResponse`. */
export const isCommitted = (answer: Buffer): boolean =>
  [...fieldsOf(answer)].some(({ number, value }) => number === 2 && varint(value) === 1);

const field = { compare: 1, success: 2, put: 2, modRevision: 6 } as const;

function* fieldsOf(bytes: Buffer) {
  const scanner = new FieldScanner(bytes);
  while (scanner.next()) {
    yield { number: scanner.number, value: bytes.subarray(scanner.from, scanner.to) };
  }
}

function keyOf(message: Buffer, number: number): string | undefined {
  for (const each of fieldsOf(message)) if (each.number === number) return each.value.toString();
  return undefined;
}

const textOf = (message: Buffer, number: number): string => keyOf(message, number) ?? "";

function revisionOf(compare: Buffer): number | undefined {
  for (const { number, value } of fieldsOf(compare)) {
    if (number === field.modRevision) return varint(value);
  }
  return undefined;
}

const varint = (bytes: Buffer): number =>
  bytes.reduceRight((value, byte) => value * 128 + (byte & 0x7f), 0);
