/** Proto3 JSON to the plain form that encoding takes, led by a descriptor. */
import { didYouMean } from "../lib/did-you-mean.ts";
import { knownForm } from "./json-known.ts";
import { enumFromJson, scalarFromJson } from "./json-scalar.ts";
import { type JsonWalk, kindOf, refuse, within } from "./json-walk.ts";
import {
  type FieldType,
  findMessageType,
  type MessageType,
  nestingMax,
  type ScalarKind,
  typeUrlOf,
  type ValueType,
} from "./message-type.ts";
import { setOwn } from "./own.ts";
import { sitsUnderValue } from "./write-message.ts";

type JsonRecord = Readonly<Record<string, unknown>>;

/** The plain form; after a refusal it is not to be used, and `walk.fault` says why. */
export function messageFromJson(walk: JsonWalk, type: MessageType, json: unknown): unknown {
  if (walk.path.length > nestingMax) return refuse(walk, `nested deeper than ${nestingMax}`);
  const form = knownForm(type);
  if (form !== undefined) return form.fromJson(walk, json, type);
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return refuse(walk, `expected an object (${type.name}), got ${kindOf(json)}`);
  }
  return type.name === "google.protobuf.Any"
    ? anyFromJson(walk, type, json as JsonRecord)
    : fieldsFromJson(walk, type, json as JsonRecord);
}

function fieldsFromJson(walk: JsonWalk, type: MessageType, json: JsonRecord): object {
  const message: Record<string, unknown> = {};
  const oneofs = new Map<string, string>();
  for (const [key, value] of Object.entries(json)) {
    within(walk, key, () => {
      const field = type.byName.get(key) ?? type.byJsonName.get(key);
      if (field === undefined) return refuse(walk, noField(type, key));
      if (value === null && !takesNull(field)) return undefined;
      if (message[field.name] !== undefined) return refuse(walk, `${field.name} is given twice`);
      message[field.name] = fieldFromJson(walk, field, value);
      return checkOneof(walk, field, oneofs);
    });
  }
  return message;
}

function noField({ name, byName, byJsonName }: MessageType, key: string): string {
  const isCamel = /[A-Z]/.test(key);
  const known = isCamel ? byJsonName.keys() : byName.keys();
  return `${name} has no field of this name${didYouMean(key, known)}`;
}

function checkOneof(walk: JsonWalk, field: FieldType, oneofs: Map<string, string>): void {
  if (field.oneof === undefined) return;
  const other = oneofs.get(field.oneof);
  if (other !== undefined) refuse(walk, `only one of ${other} and ${field.name} may be set`);
  oneofs.set(field.oneof, field.name);
}

/** Null means absence, but for a google.protobuf.Value, which can hold it. */
function takesNull(field: FieldType): boolean {
  const { value, shape } = field;
  return (
    shape === "single" &&
    value.kind === "message" &&
    value.message().name === "google.protobuf.Value"
  );
}

function fieldFromJson(walk: JsonWalk, field: FieldType, json: unknown): unknown {
  if (field.shape === "single") return valueFromJson(walk, field.value, json);
  if (field.shape === "map") return mapFromJson(walk, field, json);
  if (!Array.isArray(json)) return refuse(walk, `expected an array, got ${kindOf(json)}`);
  return json.map((element, index) =>
    within(walk, index, () => valueFromJson(walk, field.value, element)),
  );
}

function mapFromJson(walk: JsonWalk, field: FieldType, json: unknown): unknown {
  if (typeof json !== "object" || json === null || Array.isArray(json)) {
    return refuse(walk, `expected an object, got ${kindOf(json)}`);
  }
  const entries = {};
  for (const [key, value] of Object.entries(json)) {
    within(walk, key, () => {
      checkMapKey(walk, field.mapKey ?? "string", key);
      setOwn(entries, key, valueFromJson(walk, field.value, value));
    });
  }
  return entries;
}

function checkMapKey(walk: JsonWalk, kind: ScalarKind, key: string): void {
  if (kind !== "bool") scalarFromJson(walk, kind, key);
  else if (key !== "true" && key !== "false") refuse(walk, "expected the key true or false");
}

function valueFromJson(walk: JsonWalk, type: ValueType, json: unknown): unknown {
  if (type.kind === "message") return messageFromJson(walk, type.message(), json);
  if (type.kind === "enum") return enumFromJson(walk, type, json);
  return scalarFromJson(walk, type.kind, json);
}

/** `{"@type": …, fields}`; a type that is not known takes `{"@type": …, "value": base64}`. */
function anyFromJson(walk: JsonWalk, any: MessageType, json: JsonRecord): unknown {
  const { "@type": typeUrl, ...fields } = json;
  if (typeUrl === undefined && Object.keys(fields).length === 0) return {};
  if (typeof typeUrl !== "string") return refuse(walk, 'expected the type in a string "@type"');
  const type = findMessageType(any.root, typeUrl);
  if (type === undefined) return unknownAny(walk, typeUrl, fields);
  const full = typeUrlOf(type.name);
  if (knownForm(type) === undefined && !sitsUnderValue(type)) {
    return { "@type": full, ...(messageFromJson(walk, type, fields) as object | undefined) };
  }
  const value = within(walk, "value", () => messageFromJson(walk, type, fields["value"]));
  return sitsUnderValue(type)
    ? { "@type": full, value }
    : { "@type": full, ...(value as object | undefined) };
}

function unknownAny(walk: JsonWalk, typeUrl: string, fields: JsonRecord): unknown {
  const names = Object.keys(fields);
  if (names.length === 1 && typeof fields["value"] === "string") {
    const value = within(walk, "value", () => scalarFromJson(walk, "bytes", fields["value"]));
    return { type_url: typeUrl, value };
  }
  return within(walk, "@type", () =>
    refuse(walk, `no such type is known: ${typeUrl}; give its bytes as {"@type", "value": base64}`),
  );
}
