/** Entries and states of a store, written short, for the tests of decode. */
import { createDecoder, type Decoded } from "../../../src/store/decode/decoder.ts";
import type { Entry, StoreState } from "../../../src/store/store.ts";

const utf8 = new TextEncoder();

/** Text and bytes are taken as they are; anything else becomes JSON. */
export function entry(key: string, value: unknown, modRevision = 1n, createRevision = 1n): Entry {
  const bytes =
    value instanceof Uint8Array
      ? value
      : utf8.encode(typeof value === "string" ? value : JSON.stringify(value));
  return { key, value: bytes, modRevision, createRevision };
}

export const storeState = (entries: readonly Entry[], revision = 1n): StoreState => ({
  revision,
  entries: new Map(entries.map((one) => [one.key, one])),
});

/** What a fresh decoder makes of one value. */
export const decodeOne = (key: string, value: unknown): Decoded =>
  createDecoder().start(storeState([entry(key, value)]));

/** Diagnostics of one value as `severity code path: message`. */
export const complaints = (key: string, value: unknown): readonly string[] =>
  decodeOne(key, value).diagnostics.map(
    ({ severity, code, path, message }) => `${severity} ${code} ${path}: ${message}`,
  );
