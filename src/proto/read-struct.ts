/** Reads google.protobuf.Struct, Value and ListValue as the plain JSON that they hold. */
import type { Reader } from "protobufjs";
import { nestingMax } from "./message-type.ts";
import { setOwn } from "./own.ts";
import { readString } from "./scalar.ts";
import type { JsonValue } from "./write-struct.ts";

/** Fields of a Struct up to `end`, an offset in the reader's bytes. */
export function readStruct(reader: Reader, end: number, depth: number): JsonValue {
  const object: Record<string, JsonValue> = {};
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) readEntry(reader, object, depth);
    else reader.skipType(tag & 7);
  }
  return object;
}

function readEntry(reader: Reader, object: Record<string, JsonValue>, depth: number): void {
  const end = reader.uint32() + reader.pos;
  let key = "";
  let value: JsonValue = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = readString(reader);
    else if (tag >>> 3 === 2) value = readValue(reader, reader.uint32() + reader.pos, depth + 1);
    else reader.skipType(tag & 7);
  }
  setOwn(object, key, value);
}

export function readListValue(reader: Reader, end: number, depth: number): JsonValue {
  const values: JsonValue[] = [];
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) values.push(readValue(reader, reader.uint32() + reader.pos, depth + 1));
    else reader.skipType(tag & 7);
  }
  return values;
}

export function readValue(reader: Reader, end: number, depth: number): JsonValue {
  if (depth > nestingMax) throw new RangeError(`nested deeper than ${nestingMax}`);
  let value: JsonValue = null;
  while (reader.pos < end) {
    const tag = reader.uint32();
    value = readKind(reader, tag, depth) ?? null;
  }
  return value;
}

/** The members of Value's oneof; undefined for null and for what we do not know. */
function readKind(reader: Reader, tag: number, depth: number): JsonValue | undefined {
  switch (tag >>> 3) {
    case 2:
      return reader.double();
    case 3:
      return readString(reader);
    case 4:
      return reader.bool();
    case 5:
      return readStruct(reader, reader.uint32() + reader.pos, depth + 1);
    case 6:
      return readListValue(reader, reader.uint32() + reader.pos, depth + 1);
    default:
      reader.skipType(tag & 7);
      return undefined;
  }
}
