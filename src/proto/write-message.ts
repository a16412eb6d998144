/**
 * Writes a plain object as the message that a descriptor describes: fields by number, map keys
 * sorted, defaults left out. Whatever does not fit is a bug of the caller and throws with its path.
 */
import protobuf, { type Writer } from "protobufjs";
import { assert } from "../lib/assert.ts";
import {
  type FieldType,
  findMessageType,
  type MessageType,
  type ScalarKind,
  typeUrlOf,
  type ValueType,
} from "./message-type.ts";
import { isDefaultScalar, type Scalar, scalarMismatch, wireTypeOf, writeScalar } from "./scalar.ts";
import {
  type JsonObject,
  type JsonValue,
  writeListValue,
  writeStruct,
  writeValue,
} from "./write-struct.ts";

/** Where we are, for the text of a failed assertion. */
type Path = (string | number)[];

const lengthDelimited = 2;

/** Bytes of the message; the path in an error starts with the type's name. */
export function messageBytes(type: MessageType, message: unknown): Uint8Array {
  const writer = protobuf.Writer.create();
  writeBody(writer, type, message, [type.name]);
  return writer.finish();
}

/** The two fields of a google.protobuf.Any. */
export function writeAnyFields(writer: Writer, typeUrl: string, value: Uint8Array): void {
  writer.uint32((1 << 3) | lengthDelimited).string(typeUrl);
  if (value.length > 0) writer.uint32((2 << 3) | lengthDelimited).bytes(value);
}

function writeBody(writer: Writer, type: MessageType, message: unknown, path: Path): void {
  switch (type.name) {
    case "google.protobuf.Any":
      writeAny(writer, type, record(message, path), path);
      break;
    case "google.protobuf.Struct":
      writeStruct(writer, record(message, path) as JsonObject);
      break;
    case "google.protobuf.ListValue":
      writeListValue(writer, list(message, path) as readonly JsonValue[]);
      break;
    case "google.protobuf.Value":
      writeValue(writer, message as JsonValue);
      break;
    default:
      writeFields(writer, type, record(message, path), path);
  }
}

type PlainRecord = Readonly<Record<string, unknown>>;

function record(value: unknown, path: Path): PlainRecord {
  const isObject = typeof value === "object" && value !== null;
  if (isObject && !Array.isArray(value) && !(value instanceof Uint8Array)) {
    return value as PlainRecord;
  }
  return wrong(path, `expected an object, got ${typeof value}`);
}

function list(value: unknown, path: Path): readonly unknown[] {
  return Array.isArray(value) ? value : wrong(path, `expected an array, got ${typeof value}`);
}

/** `{"@type": …, fields}` is packed here; `{type_url, value}` holds bytes already. */
function writeAny(writer: Writer, any: MessageType, message: PlainRecord, path: Path): void {
  const { "@type": typeUrl, ...fields } = message;
  if (typeUrl === undefined) {
    writeFields(writer, any, message, path);
    return;
  }
  const type =
    findMessageType(any.root, String(typeUrl)) ?? wrong(path, `no message ${String(typeUrl)}`);
  const body = sitsUnderValue(type) ? fields["value"] : fields;
  writeAnyFields(writer, typeUrlOf(type.name), messageBytesAt(type, body, path));
}

function messageBytesAt(type: MessageType, message: unknown, path: Path): Uint8Array {
  const writer = protobuf.Writer.create();
  path.push(`<${type.name}>`);
  writeBody(writer, type, message, path);
  path.pop();
  return writer.finish();
}

/**
 * Types whose plain form is no list of their own fields; inside an Any they sit under `value`, as
 * in proto JSON.
 */
export function sitsUnderValue(type: MessageType): boolean {
  return (
    type.name === "google.protobuf.Struct" ||
    type.name === "google.protobuf.Value" ||
    type.name === "google.protobuf.ListValue" ||
    type.name === "google.protobuf.Any"
  );
}

function writeFields(writer: Writer, type: MessageType, message: PlainRecord, path: Path): void {
  for (const field of presentFields(type, message, path)) {
    path.push(field.name);
    writeField(writer, field, message[field.name], path);
    path.pop();
  }
}

/** The fields that are set, in the order of their numbers. */
function presentFields(type: MessageType, message: PlainRecord, path: Path): FieldType[] {
  const fields: FieldType[] = [];
  const oneofs = new Set<string>();
  for (const name of Object.keys(message)) {
    if (message[name] === undefined) continue;
    const field = type.byName.get(name);
    if (field === undefined) return wrong(path, `unknown field ${name} of ${type.name}`);
    if (field.oneof !== undefined) {
      if (oneofs.has(field.oneof)) return wrong(path, `two members of oneof ${field.oneof}`);
      oneofs.add(field.oneof);
    }
    fields.push(field);
  }
  return fields.sort((left, right) => left.id - right.id);
}

function writeField(writer: Writer, field: FieldType, value: unknown, path: Path): void {
  if (field.shape === "map") writeMap(writer, field, record(value, path), path);
  else if (field.shape === "single") writeSingle(writer, field, value, path);
  else if (field.packed) writePacked(writer, field, list(value, path), path);
  else writeRepeated(writer, field, list(value, path), path);
}

function writeRepeated(
  writer: Writer,
  field: FieldType,
  values: readonly unknown[],
  path: Path,
): void {
  for (const [index, value] of values.entries()) {
    path.push(index);
    writeTagged(writer, field.id, field.value, value, path);
    path.pop();
  }
}

function writeSingle(writer: Writer, field: FieldType, value: unknown, path: Path): void {
  if (field.value.kind !== "message" && !field.hasPresence) {
    if (isDefaultScalar(scalarOf(field.value, value, path))) return;
  }
  writeTagged(writer, field.id, field.value, value, path);
}

function writePacked(
  writer: Writer,
  field: FieldType,
  values: readonly unknown[],
  path: Path,
): void {
  if (values.length === 0) return;
  writer.uint32((field.id << 3) | lengthDelimited).fork();
  for (const value of values) {
    writeScalar(writer, scalarKind(field.value), scalarOf(field.value, value, path));
  }
  writer.ldelim();
}

/** Each entry is a message of its own: key 1, value 2, both always present. */
function writeMap(writer: Writer, field: FieldType, entries: PlainRecord, path: Path): void {
  const keyType: ValueType = { kind: field.mapKey ?? "string" };
  for (const key of Object.keys(entries).sort()) {
    if (entries[key] === undefined) continue;
    path.push(key);
    writer.uint32((field.id << 3) | lengthDelimited).fork();
    writeTagged(writer, 1, keyType, mapKeyOf(keyType.kind, key), path);
    writeTagged(writer, 2, field.value, entries[key], path);
    writer.ldelim();
    path.pop();
  }
}

/** Objects have string keys; numbers and booleans are read back from them. */
function mapKeyOf(kind: ScalarKind, key: string): Scalar {
  if (kind === "string") return key;
  return kind === "bool" ? key === "true" : BigInt(key);
}

function writeTagged(
  writer: Writer,
  id: number,
  type: ValueType,
  value: unknown,
  path: Path,
): void {
  if (type.kind === "message") {
    writer.uint32((id << 3) | lengthDelimited).fork();
    writeBody(writer, type.message(), value, path);
    writer.ldelim();
    return;
  }
  const kind = scalarKind(type);
  writer.uint32((id << 3) | wireTypeOf(kind));
  writeScalar(writer, kind, scalarOf(type, value, path));
}

function scalarKind(type: ValueType): ScalarKind {
  assert(type.kind !== "message", "a message is no scalar");
  return type.kind === "enum" ? "int32" : type.kind;
}

/** The value as it goes on the wire: enum names become numbers. */
function scalarOf(type: ValueType, value: unknown, path: Path): Scalar {
  const number =
    type.kind === "enum" && typeof value === "string" ? type.numbers.get(value) : value;
  const mismatch =
    type.kind === "enum" && number === undefined
      ? `a name of ${type.name}`
      : scalarMismatch(scalarKind(type), number);
  if (mismatch !== undefined) {
    return wrong(path, `expected ${mismatch}, got ${typeof value} ${String(value)}`);
  }
  return number as Scalar;
}

/** The text is made here, on failure only: this code runs for every field of every resource. */
function wrong(path: Path, message: string): never {
  const text = path.map((step) => (typeof step === "number" ? `[${step}]` : `.${step}`)).join("");
  assert(false, `${text.slice(1)}: ${message}`);
}
