/** Scalars and enums of the proto3 JSON mapping, read leniently as the mapping says, and written. */
import { type JsonWalk, kindOf, refuse } from "./json-walk.ts";
import type { ScalarKind, ValueType } from "./message-type.ts";
import { isWellFormed, type Scalar, scalarMismatch } from "./scalar.ts";

type EnumType = Extract<ValueType, { readonly kind: "enum" }>;

/** Undefined after a refusal. */
export function scalarFromJson(
  walk: JsonWalk,
  kind: ScalarKind,
  json: unknown,
): Scalar | undefined {
  switch (kind) {
    case "string":
      return stringFromJson(walk, json);
    case "bytes":
      return bytesFromJson(walk, json);
    case "bool":
      return typeof json === "boolean"
        ? json
        : refuse(walk, `expected a boolean, got ${kindOf(json)}`);
    case "double":
    case "float":
      return floatFromJson(walk, kind, json);
    default:
      return integerFromJson(walk, kind, json);
  }
}

function stringFromJson(walk: JsonWalk, json: unknown): string | undefined {
  if (typeof json !== "string") return refuse(walk, `expected a string, got ${kindOf(json)}`);
  return isWellFormed(json) ? json : refuse(walk, "half of a surrogate pair is no valid text");
}

/** Standard and URL-safe base64, with or without padding. */
function bytesFromJson(walk: JsonWalk, json: unknown): Uint8Array | undefined {
  if (typeof json !== "string" || !/^[A-Za-z0-9+/_-]*={0,2}$/.test(json)) {
    return refuse(walk, "expected base64 in a string");
  }
  return new Uint8Array(Buffer.from(json, "base64"));
}

const specialNumbers: ReadonlyMap<unknown, number> = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

const floatMax = 3.4028234663852886e38;

function floatFromJson(
  walk: JsonWalk,
  kind: "double" | "float",
  json: unknown,
): number | undefined {
  const special = specialNumbers.get(json);
  if (special !== undefined) return special;
  const isNumeric = typeof json === "string" && /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(json);
  const number = isNumeric ? Number(json) : json;
  if (typeof number !== "number" || !Number.isFinite(number)) {
    return refuse(walk, `expected a number, got ${kindOf(json)}`);
  }
  const fits = kind === "double" || Math.abs(number) <= floatMax;
  return fits ? number : refuse(walk, `${number} is too large for a float`);
}

function integerFromJson(
  walk: JsonWalk,
  kind: ScalarKind,
  json: unknown,
): number | bigint | undefined {
  const whole = wholeNumber(json);
  if (whole === undefined) return refuse(walk, `expected a whole number, got ${shown(json)}`);
  const mismatch = scalarMismatch(kind, whole);
  return mismatch === undefined ? whole : refuse(walk, `expected ${mismatch}, got ${whole}`);
}

/** Numbers and decimal strings; beyond 2^53 only strings are exact. */
function wholeNumber(json: unknown): number | bigint | undefined {
  if (typeof json === "number") return Number.isSafeInteger(json) ? json : undefined;
  if (typeof json !== "string" || !/^-?\d{1,20}$/.test(json)) return undefined;
  return Number.isSafeInteger(Number(json)) ? Number(json) : BigInt(json);
}

function shown(json: unknown): string {
  return typeof json === "number" || typeof json === "string" ? JSON.stringify(json) : kindOf(json);
}

/** Names, and numbers even without a name: proto3 enums are open. */
export function enumFromJson(walk: JsonWalk, type: EnumType, json: unknown): number | undefined {
  if (typeof json === "number") {
    const mismatch = scalarMismatch("int32", json);
    return mismatch === undefined ? json : refuse(walk, `expected ${mismatch}, got ${json}`);
  }
  const number = typeof json === "string" ? type.numbers.get(json) : undefined;
  if (number !== undefined) return number;
  const names = [...type.numbers.keys()].join(", ");
  return refuse(walk, `expected one of ${names}, got ${shown(json)}`);
}

const longKinds: ReadonlySet<ScalarKind> = new Set([
  "int64",
  "uint64",
  "sint64",
  "fixed64",
  "sfixed64",
]);

/** 64-bit numbers are strings in proto JSON, bytes are base64, NaN and Infinity are words. */
export function scalarToJson(kind: ScalarKind, value: Scalar): string | number | boolean {
  if (value instanceof Uint8Array) return Buffer.from(value).toString("base64");
  if (longKinds.has(kind) || typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}
