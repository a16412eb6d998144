/** Scalars of protobuf: wire types, ranges, and how each is written and read. */
import protobuf, { type Reader, type Writer } from "protobufjs";
import { assert, unreachable } from "../lib/assert.ts";
import type { ScalarKind } from "./message-type.ts";

/** What a plain message holds for a scalar: 64-bit numbers beyond 2^53 are bigints. */
export type Scalar = number | bigint | boolean | string | Uint8Array;

const wireTypes: Readonly<Record<ScalarKind, number>> = {
  double: 1,
  float: 5,
  int32: 0,
  uint32: 0,
  sint32: 0,
  fixed32: 5,
  sfixed32: 5,
  int64: 0,
  uint64: 0,
  sint64: 0,
  fixed64: 1,
  sfixed64: 1,
  bool: 0,
  string: 2,
  bytes: 2,
};

export function wireTypeOf(kind: ScalarKind): number {
  return wireTypes[kind];
}

/** Inclusive bounds of the integer kinds. */
const ranges: Readonly<Partial<Record<ScalarKind, readonly [bigint, bigint]>>> = {
  int32: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  sfixed32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sint64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
};

/** Undefined when `value` fits the kind; otherwise what was expected instead. */
export function scalarMismatch(kind: ScalarKind, value: unknown): string | undefined {
  switch (kind) {
    case "double":
    case "float":
      return typeof value === "number" ? undefined : "a number";
    case "bool":
      return typeof value === "boolean" ? undefined : "a boolean";
    case "string":
      return typeof value === "string" ? undefined : "a string";
    case "bytes":
      return value instanceof Uint8Array ? undefined : "a Uint8Array";
    default:
      return integerMismatch(kind, value);
  }
}

function integerMismatch(kind: ScalarKind, value: unknown): string | undefined {
  const isWhole = typeof value === "bigint" || Number.isSafeInteger(value);
  const [least, most] = ranges[kind] ?? [0n, 0n];
  const fits = isWhole && (value as number | bigint) >= least && (value as number | bigint) <= most;
  return fits ? undefined : `a whole number from ${least} to ${most} (${kind})`;
}

/** True for the value that absence means. */
export function isDefaultScalar(value: Scalar): boolean {
  if (typeof value === "string" || value instanceof Uint8Array) return value.length === 0;
  return value === false || value === 0 || value === 0n;
}

/** Writes a value that `scalarMismatch` has passed, without its tag. */
export function writeScalar(writer: Writer, kind: ScalarKind, value: Scalar): void {
  if (typeof value === "string") {
    writer.string(wellFormed(value));
  } else if (value instanceof Uint8Array) {
    writer.bytes(value);
  } else if (typeof value === "boolean") {
    writer.bool(value);
  } else {
    writeNumber(writer, kind, value);
  }
}

const loneSurrogates = /\p{Surrogate}/gu;

/** JSON can carry half of a surrogate pair, UTF-8 cannot, and Envoy refuses bad UTF-8. */
export function wellFormed(text: string): string {
  return text.replace(loneSurrogates, "\uFFFD");
}

export function isWellFormed(text: string): boolean {
  return text.search(loneSurrogates) < 0;
}

function writeNumber(writer: Writer, kind: ScalarKind, value: number | bigint): void {
  assert(kind !== "bool" && kind !== "string" && kind !== "bytes", "a number is no text");
  switch (kind) {
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      writer[kind](typeof value === "bigint" ? longOf(value) : value);
      return;
    default:
      writer[kind](Number(value));
  }
}

function longOf(value: bigint): ReturnType<Reader["int64"]> {
  const low = Number(BigInt.asUintN(32, value));
  const high = Number(BigInt.asUintN(32, value >> 32n));
  return new protobuf.util.LongBits(low, high).toLong(value >= 0n);
}

/** Reads one value without its tag. Throws a RangeError where the bytes end too early. */
export function readScalar(reader: Reader, kind: ScalarKind): Scalar {
  switch (kind) {
    case "int64":
    case "uint64":
    case "sint64":
    case "fixed64":
    case "sfixed64":
      return wholeOf(reader[kind]());
    case "bytes":
      return reader.bytes();
    case "string":
      return readString(reader);
    case "double":
    case "float":
    case "int32":
    case "uint32":
    case "sint32":
    case "fixed32":
    case "sfixed32":
    case "bool":
      return reader[kind]();
    default:
      return unreachable(kind);
  }
}

/** Unlike protobufjs's own reader this one does not take a text that is cut off. */
export function readString(reader: Reader): string {
  const length = reader.uint32();
  const start = reader.pos;
  if (start + length > reader.len) throw new RangeError("the bytes end inside a text");
  reader.pos = start + length;
  const { buffer, byteOffset } = reader.buf;
  return Buffer.from(buffer, byteOffset + start, length).toString("utf8");
}

function wholeOf(long: ReturnType<Reader["int64"]>): number | bigint {
  if (typeof long === "number") return long;
  const approximate = protobuf.util.LongBits.from(long).toNumber(long.unsigned);
  return Number.isSafeInteger(approximate) ? approximate : BigInt(long.toString());
}
