/**
 * Versions of resources that are sets of keys with values, which tell the keys from the values: a
 * proxy that shows one tells which keys it has.
 */
import { contentHash } from "../lib/hash.ts";

export function keyedVersion(entries: readonly (readonly [string, number])[]): string {
  const keys = contentHash(JSON.stringify(entries.map(([key]) => key)));
  const values = contentHash(JSON.stringify(entries.map(([, value]) => value)));
  return `${keys}-${values}`;
}

/** Whether what has version `held` has all keys of what has `version`, and no other. */
export function hasKeysOf(held: string, version: string): boolean {
  const keys = keysOf(version);
  return keys === undefined || keys === keysOf(held);
}

const keysOf = (version: string): string | undefined =>
  /^([0-9a-f]{16})-[0-9a-f]{16}$/.exec(version)?.[1];
