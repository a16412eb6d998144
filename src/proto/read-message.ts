/**
 * Reads bytes as a plain object in the form that encoding takes: enums as names, Any unpacked where
 * its type is known, absent fields absent. Fields that the descriptor lacks are skipped in one step,
 * which is what makes a trimmed Node cheap.
 */
import protobuf, { type Reader } from "protobufjs";
import {
  type FieldType,
  findMessageType,
  type MessageType,
  nestingMax,
  type ValueType,
} from "./message-type.ts";
import { setOwn } from "./own.ts";
import { readListValue, readStruct, readValue } from "./read-struct.ts";
import { isDefaultScalar, readScalar, type Scalar, wireTypeOf } from "./scalar.ts";
import { sitsUnderValue } from "./write-message.ts";

type Draft = Record<string, unknown>;

/** Throws an Error where the bytes are not such a message, or are nested too deeply. */
export function readMessage(type: MessageType, bytes: Uint8Array, depth = 0): unknown {
  const reader = protobuf.Reader.create(bytes);
  return readBody(reader, type, bytes.length, depth, undefined);
}

function readBody(
  reader: Reader,
  type: MessageType,
  end: number,
  depth: number,
  previous: unknown,
): unknown {
  if (depth > nestingMax) throw new RangeError(`nested deeper than ${nestingMax}`);
  if (end > reader.len) throw new RangeError("the bytes end inside a message");
  switch (type.name) {
    case "google.protobuf.Struct":
      return readStruct(reader, end, depth);
    case "google.protobuf.ListValue":
      return readListValue(reader, end, depth);
    case "google.protobuf.Value":
      return readValue(reader, end, depth);
    case "google.protobuf.Any":
      return unpacked(type, readFields(reader, type, end, depth, {}), depth);
    default:
      return readFields(reader, type, end, depth, (previous ?? {}) as Draft);
  }
}

/** Known types become `{"@type": …, fields}`; others keep `{type_url, value}`. */
function unpacked(any: MessageType, draft: Draft, depth: number): Draft {
  const { type_url: typeUrl = "", value = new Uint8Array() } = draft;
  const type = findMessageType(any.root, typeUrl as string);
  if (type === undefined) return { type_url: typeUrl, value };
  const message = readMessage(type, value as Uint8Array, depth + 1);
  return sitsUnderValue(type)
    ? { "@type": typeUrl, value: message }
    : { "@type": typeUrl, ...(message as Draft) };
}

function readFields(
  reader: Reader,
  type: MessageType,
  end: number,
  depth: number,
  draft: Draft,
): Draft {
  while (reader.pos < end) {
    const tag = reader.uint32();
    const field = type.byId.get(tag >>> 3);
    if (field === undefined || !readField(reader, field, tag & 7, depth, draft)) {
      reader.skipType(tag & 7);
    } else {
      // Of a oneof the last member on the wire counts.
      for (const sibling of field.siblings) delete draft[sibling];
    }
  }
  if (reader.pos !== end) throw new RangeError("a field ends outside its message");
  return draft;
}

/** False where the wire type is not the field's: the caller then skips it as an unknown one. */
function readField(
  reader: Reader,
  field: FieldType,
  wireType: number,
  depth: number,
  draft: Draft,
): boolean {
  if (field.shape === "map") {
    if (wireType !== 2) return false;
    readMapEntry(
      reader,
      field,
      depth,
      own(draft, field.name, () => ({})),
    );
    return true;
  }
  if (field.shape === "repeated") {
    return readRepeated(
      reader,
      field,
      wireType,
      depth,
      own(draft, field.name, () => []),
    );
  }
  if (wireType !== wireTypeOfValue(field.value)) return false;
  draft[field.name] = readSingle(reader, field.value, depth, draft[field.name]);
  if (!field.hasPresence && isDefaultScalar(draft[field.name] as Scalar)) delete draft[field.name];
  return true;
}

function own<T extends object>(draft: Draft, name: string, make: () => T): T {
  const value = (draft[name] as T | undefined) ?? make();
  draft[name] = value;
  return value;
}

/** Packed and unpacked are both allowed for numbers, whatever the descriptor says. */
function readRepeated(
  reader: Reader,
  field: FieldType,
  wireType: number,
  depth: number,
  values: unknown[],
): boolean {
  const expected = wireTypeOfValue(field.value);
  if (wireType === expected) {
    values.push(readSingle(reader, field.value, depth, undefined));
    return true;
  }
  if (wireType !== 2) return false;
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("the bytes end inside a packed field");
  while (reader.pos < end) values.push(readSingle(reader, field.value, depth, undefined));
  return true;
}

function readMapEntry(reader: Reader, field: FieldType, depth: number, entries: object): void {
  const end = reader.uint32() + reader.pos;
  if (end > reader.len) throw new RangeError("the bytes end inside a map");
  let key: Scalar = field.mapKey === "string" ? "" : field.mapKey === "bool" ? false : 0;
  let value: unknown;
  while (reader.pos < end) {
    const tag = reader.uint32();
    if (tag >>> 3 === 1) key = readScalar(reader, field.mapKey ?? "string");
    else if (tag >>> 3 === 2) value = readSingle(reader, field.value, depth, undefined);
    else reader.skipType(tag & 7);
  }
  setOwn(entries, String(key), value ?? emptyValue(field.value));
}

/** What an absent value in a map entry means. */
function emptyValue(type: ValueType): unknown {
  switch (type.kind) {
    case "message":
      return type.message().name === "google.protobuf.ListValue" ? [] : {};
    case "enum":
      return type.names.get(0) ?? 0;
    case "string":
      return "";
    case "bytes":
      return new Uint8Array();
    case "bool":
      return false;
    default:
      return 0;
  }
}

function wireTypeOfValue(type: ValueType): number {
  if (type.kind === "message") return 2;
  return type.kind === "enum" ? 0 : wireTypeOf(type.kind);
}

function readSingle(reader: Reader, type: ValueType, depth: number, previous: unknown): unknown {
  if (type.kind === "message") {
    const end = reader.uint32() + reader.pos;
    return readBody(reader, type.message(), end, depth + 1, previous);
  }
  if (type.kind !== "enum") return readScalar(reader, type.kind);
  const number = reader.int32();
  return type.names.get(number) ?? number;
}
