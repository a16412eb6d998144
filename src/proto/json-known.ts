/**
 * The well-known types that have a JSON form of their own, to and from their plain form.
 * https://protobuf.dev/programming-guides/json/
 */
import { scalarFromJson, scalarToJson } from "./json-scalar.ts";
import { type JsonWalk, kindOf, refuse, within } from "./json-walk.ts";
import { type MessageType, nestingMax, type ScalarKind } from "./message-type.ts";
import { isWellFormed, type Scalar } from "./scalar.ts";
import type { JsonValue } from "./write-struct.ts";

interface KnownForm {
  /** Undefined after a refusal. */
  readonly fromJson: (walk: JsonWalk, json: unknown, type: MessageType) => unknown;
  readonly toJson: (plain: never, type: MessageType) => unknown;
}

interface Moment {
  readonly seconds?: number;
  readonly nanos?: number;
}

const struct: KnownForm = {
  fromJson: (walk, json) =>
    typeof json === "object" && json !== null && !Array.isArray(json)
      ? pureJson(walk, json)
      : refuse(walk, `expected an object, got ${kindOf(json)}`),
  toJson: (plain: JsonValue) => plain,
};

const list: KnownForm = {
  fromJson: (walk, json) =>
    Array.isArray(json)
      ? pureJson(walk, json)
      : refuse(walk, `expected an array, got ${kindOf(json)}`),
  toJson: (plain: JsonValue) => plain,
};

const wrapper: KnownForm = {
  fromJson: (walk, json, type) => {
    const value = scalarFromJson(walk, wrappedKind(type), json);
    return value === undefined ? undefined : { value };
  },
  toJson: (plain: { readonly value?: Scalar }, type) =>
    scalarToJson(wrappedKind(type), plain.value ?? emptyOf(wrappedKind(type))),
};

/** Keyed by the name after `google.protobuf.`. */
const forms: ReadonlyMap<string, KnownForm> = new Map([
  ["Struct", struct],
  ["ListValue", list],
  ["Value", { fromJson: pureJson, toJson: (plain: JsonValue) => plain }],
  ["Duration", { fromJson: durationFromJson, toJson: durationToJson }],
  ["Timestamp", { fromJson: timestampFromJson, toJson: timestampToJson }],
  ["FieldMask", { fromJson: fieldMaskFromJson, toJson: fieldMaskToJson }],
  ["DoubleValue", wrapper],
  ["FloatValue", wrapper],
  ["Int64Value", wrapper],
  ["UInt64Value", wrapper],
  ["Int32Value", wrapper],
  ["UInt32Value", wrapper],
  ["BoolValue", wrapper],
  ["StringValue", wrapper],
  ["BytesValue", wrapper],
]);

/** Undefined for messages that are written as an object of their fields. */
export function knownForm(type: MessageType): KnownForm | undefined {
  const prefix = "google.protobuf.";
  return type.name.startsWith(prefix) ? forms.get(type.name.slice(prefix.length)) : undefined;
}

function wrappedKind(type: MessageType): ScalarKind {
  return type.byName.get("value")?.value.kind as ScalarKind;
}

function emptyOf(kind: ScalarKind): Scalar {
  if (kind === "bool") return false;
  return kind === "string" || kind === "bytes" ? "" : 0;
}

/** Checks that a value is JSON which UTF-8 and protobuf can carry. */
function pureJson(walk: JsonWalk, json: unknown): unknown {
  if (walk.path.length > nestingMax) return refuse(walk, `nested deeper than ${nestingMax}`);
  switch (typeof json) {
    case "boolean":
      return json;
    case "number":
      return Number.isFinite(json) ? json : refuse(walk, "expected a finite number");
    case "string":
      return isWellFormed(json) ? json : refuse(walk, "half of a surrogate pair is no valid text");
    case "object":
      for (const [key, value] of Object.entries(json ?? {})) {
        within(walk, Array.isArray(json) ? Number(key) : key, () => pureJson(walk, value));
      }
      return json;
    default:
      return refuse(walk, `${kindOf(json)} is no JSON`);
  }
}

/** 10,000 years: the bound of the format. */
const durationSecondsMax = 315_576_000_000;

function durationFromJson(walk: JsonWalk, json: unknown): Moment | undefined {
  const match = typeof json === "string" ? /^(-?)(\d{1,12})(?:\.(\d{1,9}))?s$/.exec(json) : null;
  if (match === null) return refuse(walk, 'expected a duration such as "1.5s"');
  const [, minus = "", whole = "", fraction = ""] = match;
  const sign = minus === "" ? 1 : -1;
  const seconds = Number(whole);
  if (seconds > durationSecondsMax) return refuse(walk, "the duration is longer than 10,000 years");
  const nanos = Number(fraction.padEnd(9, "0"));
  return { seconds: seconds === 0 ? 0 : sign * seconds, nanos: nanos === 0 ? 0 : sign * nanos };
}

function durationToJson({ seconds = 0, nanos = 0 }: Moment): string {
  const minus = seconds < 0 || nanos < 0 ? "-" : "";
  return `${minus}${Math.abs(Number(seconds))}${fractionText(Math.abs(nanos))}s`;
}

/** None, three, six or nine digits, as the mapping wants. */
function fractionText(nanos: number): string {
  if (nanos === 0) return "";
  const digits = String(nanos).padStart(9, "0");
  return `.${digits.replace(/(000){1,2}$/, "")}`;
}

const timestampPattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)$/;

function timestampFromJson(walk: JsonWalk, json: unknown): Moment | undefined {
  const match = typeof json === "string" ? timestampPattern.exec(json) : null;
  const [, moment = "", fraction = "", zone = ""] = match ?? [];
  const ms = match === null ? Number.NaN : Date.parse(moment + zone);
  if (Number.isNaN(ms)) return refuse(walk, 'expected a time such as "2026-01-02T03:04:05Z"');
  return { seconds: ms / 1000, nanos: Number(fraction.padEnd(9, "0")) };
}

function timestampToJson({ seconds = 0, nanos = 0 }: Moment): string {
  const moment = new Date(Number(seconds) * 1000).toISOString();
  return moment.replace(".000Z", `${fractionText(nanos)}Z`);
}

function fieldMaskFromJson(walk: JsonWalk, json: unknown): { paths: string[] } | undefined {
  if (typeof json !== "string") return refuse(walk, "expected field names, joined by commas");
  const paths = json === "" ? [] : json.split(",");
  return {
    paths: paths.map((path) => path.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)),
  };
}

function fieldMaskToJson({ paths = [] }: { readonly paths?: readonly string[] }): string {
  return paths
    .map((path) => path.replace(/_([a-z])/g, (_match, letter: string) => letter.toUpperCase()))
    .join(",");
}
