/**
 * google.protobuf.Struct, Value and ListValue hold JSON, so plain messages hold plain JSON in their
 * place. The three types contain each other; hence one small file of their own.
 */
import type { Writer } from "protobufjs";
import { assert } from "../lib/assert.ts";
import { wellFormed } from "./scalar.ts";

/** What a google.protobuf.Value holds. */
export type JsonValue =
  | null
  | boolean
  | number
  | string
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** What a google.protobuf.Struct holds. */
export type JsonObject = { readonly [key: string]: JsonValue };

const lengthDelimited = 2;
const tag = (id: number, wireType: number): number => (id << 3) | wireType;

/** Fields of a Struct; keys in code-unit order, so that equal content gives equal bytes. */
export function writeStruct(writer: Writer, value: JsonObject): void {
  for (const key of Object.keys(value).sort()) {
    writer.uint32(tag(1, lengthDelimited)).fork();
    writer.uint32(tag(1, lengthDelimited)).string(wellFormed(key));
    writer.uint32(tag(2, lengthDelimited)).fork();
    writeValue(writer, value[key]);
    writer.ldelim().ldelim();
  }
}

export function writeListValue(writer: Writer, values: readonly JsonValue[]): void {
  for (const value of values) {
    writer.uint32(tag(1, lengthDelimited)).fork();
    writeValue(writer, value);
    writer.ldelim();
  }
}

export function writeValue(writer: Writer, value: JsonValue | undefined): void {
  if (value === null) writer.uint32(tag(1, 0)).int32(0);
  else if (typeof value === "number") writer.uint32(tag(2, 1)).double(value);
  else if (typeof value === "string")
    writer.uint32(tag(3, lengthDelimited)).string(wellFormed(value));
  else if (typeof value === "boolean") writer.uint32(tag(4, 0)).bool(value);
  else {
    assert(typeof value === "object", `a Struct cannot hold a value of type ${typeof value}`);
    if (Array.isArray(value)) {
      writer.uint32(tag(6, lengthDelimited)).fork();
      writeListValue(writer, value);
    } else {
      writer.uint32(tag(5, lengthDelimited)).fork();
      writeStruct(writer, value as JsonObject);
    }
    writer.ldelim();
  }
}
