/**
 * The canonical proto3 JSON mapping, both ways, over any set of descriptors.
 * https://protobuf.dev/programming-guides/json/
 */
import type { Root } from "protobufjs";
import { assert } from "../lib/assert.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { decodeWith } from "./decode.ts";
import { knownForm } from "./json-known.ts";
import { messageFromJson } from "./json-read.ts";
import { scalarToJson } from "./json-scalar.ts";
import type { JsonFault, JsonWalk } from "./json-walk.ts";
import {
  type FieldType,
  findMessageType,
  type MessageType,
  type ValueType,
} from "./message-type.ts";
import type { Scalar } from "./scalar.ts";
import { messageBytes, sitsUnderValue } from "./write-message.ts";

export type { JsonFault } from "./json-walk.ts";

/**
 * Bytes of the message that `json` describes. Takes field names in snake case and in camel case,
 * enums by name and by number, 64-bit numbers as numbers and as strings. The first thing that does
 * not fit is the error.
 */
export function fromJson(
  root: Root,
  typeUrl: string,
  json: unknown,
): Result<Uint8Array, JsonFault> {
  const type = findMessageType(root, typeUrl);
  if (type === undefined) return err({ path: "", message: `no such type is known: ${typeUrl}` });
  const walk: JsonWalk = { path: [], fault: undefined };
  const message = messageFromJson(walk, type, json);
  return walk.fault === undefined ? ok(messageBytes(type, message)) : err(walk.fault);
}

/**
 * The message as JSON with field names as in the .proto files (snake case). An Any is unpacked
 * where the root knows its type; otherwise it is `{"@type", "value": base64}`. Throws where the
 * bytes are not such a message.
 */
export function toJson(root: Root, typeUrl: string, bytes: Uint8Array): unknown {
  const type = findMessageType(root, typeUrl);
  assert(type !== undefined, `no message ${typeUrl}`);
  return messageToJson(type, decodeWith(root, typeUrl, bytes));
}

type PlainRecord = Readonly<Record<string, unknown>>;

function messageToJson(type: MessageType, plain: unknown): unknown {
  const form = knownForm(type);
  if (form !== undefined) return form.toJson(plain as never, type);
  return type.name === "google.protobuf.Any"
    ? anyToJson(type, plain as PlainRecord)
    : fieldsToJson(type, plain as PlainRecord);
}

function fieldsToJson(type: MessageType, plain: PlainRecord): Record<string, unknown> {
  const json: Record<string, unknown> = {};
  for (const field of type.byName.values()) {
    const value = plain[field.name];
    if (value !== undefined) json[field.name] = fieldToJson(field, value);
  }
  return json;
}

function fieldToJson(field: FieldType, value: unknown): unknown {
  if (field.shape === "single") return valueToJson(field.value, value);
  if (field.shape === "repeated") {
    return (value as readonly unknown[]).map((element) => valueToJson(field.value, element));
  }
  const entries = Object.entries(value as PlainRecord);
  return Object.fromEntries(entries.map(([key, entry]) => [key, valueToJson(field.value, entry)]));
}

function valueToJson(type: ValueType, value: unknown): unknown {
  if (type.kind === "message") return messageToJson(type.message(), value);
  return type.kind === "enum" ? value : scalarToJson(type.kind, value as Scalar);
}

function anyToJson(any: MessageType, plain: PlainRecord): unknown {
  const { "@type": typeUrl, ...fields } = plain;
  if (typeUrl === undefined) return rawAnyToJson(plain);
  const type = findMessageType(any.root, typeUrl as string);
  assert(type !== undefined, `no message ${String(typeUrl)}`);
  const json = messageToJson(type, sitsUnderValue(type) ? fields["value"] : fields);
  return knownForm(type) === undefined && !sitsUnderValue(type)
    ? { "@type": typeUrl, ...(json as object) }
    : { "@type": typeUrl, value: json };
}

function rawAnyToJson(plain: PlainRecord): unknown {
  const { type_url: typeUrl = "", value = new Uint8Array() } = plain;
  return typeUrl === "" ? {} : { "@type": typeUrl, value: scalarToJson("bytes", value as Scalar) };
}
