/** Entries and states of a store, written short, for the tests of decode. */
import { expect } from "vitest";
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

/** One value, and what is said of it. */
export interface DecodeCase {
  readonly key: string;
  readonly value: unknown;
  readonly complaints: readonly string[];
}

export const caseOf = (
  key: string,
  value: unknown,
  ...expected: readonly string[]
): DecodeCase => ({ key, value, complaints: expected });

export const invalid = (path: string, message: string): string =>
  `error VALUE_INVALID ${path}: ${message}`;

export const unknownField = (path: string, message: string): string =>
  `warning FIELD_UNKNOWN ${path}: ${message}`;

/** What is said is what was expected, and only an error keeps the value from being taken. */
export function expectCase({ key, value, complaints: expected }: DecodeCase): void {
  const decoded = decodeOne(key, value);
  expect(complaints(key, value)).toEqual(expected);
  const isRefused = expected.some((line) => line.startsWith("error"));
  expect(decoded.changedKeys).toEqual(isRefused ? [] : [key]);
}
