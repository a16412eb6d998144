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

interface Range {
  readonly least: bigint;
  readonly most: bigint;
  /** The same for numbers, which are quicker to compare; every safe integer fits 64 bits. */
  readonly leastNumber: number;
  readonly mostNumber: number;
}

function range(least: bigint, most: bigint): Range {
  return { least, most, leastNumber: Number(least), mostNumber: Number(most) };
}

const signed32 = range(-(2n ** 31n), 2n ** 31n - 1n);
const unsigned32 = range(0n, 2n ** 32n - 1n);
const signed64 = range(-(2n ** 63n), 2n ** 63n - 1n);
const unsigned64 = range(0n, 2n ** 64n - 1n);

/** Inclusive bounds of the integer kinds. */
const ranges: Readonly<Partial<Record<ScalarKind, Range>>> = {
  int32: signed32,
  sint32: signed32,
  sfixed32: signed32,
  uint32: unsigned32,
  fixed32: unsigned32,
  int64: signed64,
  sint64: signed64,
  sfixed64: signed64,
  uint64: unsigned64,
  fixed64: unsigned64,
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
  const { least, most, leastNumber, mostNumber } = ranges[kind] ?? unsigned32;
  const fits =
    typeof value === "number"
      ? Number.isSafeInteger(value) && value >= leastNumber && value <= mostNumber
      : typeof value === "bigint" && value >= least && value <= most;
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
