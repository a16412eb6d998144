import { assert } from "../lib/assert.ts";

/**
 * Store revisions in JSON are numbers: at 1,000 writes a second, etcd reaches 2^53 in 285,000 years,
 * and a number is what people type and scripts compare.
 */
export function revisionNumber(revision: bigint): number {
  const number = Number(revision);
  assert(Number.isSafeInteger(number), `revision ${revision} is no safe integer`);
  return number;
}

/** A revision from a query or header; undefined where it is none. */
export const parseRevision = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^\d{1,16}$/.test(text) ? BigInt(text) : undefined;
