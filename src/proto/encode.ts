/**
 * Our messages to bytes. Equal content gives equal bytes, since a resource's version is their hash.
 * Strict on purpose: an unknown field or a value of the wrong type throws with its path, so that a
 * typing error in translate fails in a test and never reaches a proxy as silence.
 */
import protobuf, { type Root } from "protobufjs";
import { assert } from "../lib/assert.ts";
import { findMessageType, typeNameOf, typeUrlOf } from "./message-type.ts";
import type { MessageOf, RawAny } from "./messages.ts";
import { ourRoot } from "./root.ts";
import { messageBytes, writeAnyFields } from "./write-message.ts";

/** Bytes of a message of our own definitions. `typeUrl` may also be the bare full name. */
export function encodeMessage<T extends string>(typeUrl: T, message: MessageOf<T>): Uint8Array {
  return encodeWith(ourRoot(), typeUrl, message);
}

/** Bytes of a google.protobuf.Any around the message: what a DiscoveryResponse carries. */
export function encodeAny<T extends string>(typeUrl: T, message: MessageOf<T>): Uint8Array {
  return encodeRawAny(typeUrl, encodeMessage(typeUrl, message));
}

/** Bytes of a google.protobuf.Any around a message that is encoded already. */
export function encodeRawAny(typeUrl: string, value: Uint8Array): Uint8Array {
  const writer = protobuf.Writer.create();
  writeAnyFields(writer, typeUrlOf(typeNameOf(typeUrl)), value);
  return writer.finish();
}

/** As `encodeMessage`, over any root: the official descriptors for raw resources. */
export function encodeWith(root: Root, typeUrl: string, message: object): Uint8Array {
  const type = findMessageType(root, typeUrl);
  assert(type !== undefined, `no message ${typeUrl}`);
  return messageBytes(type, message);
}

/** A google.protobuf.Any, for a field of a plain message, whose value is encoded already. */
export function rawAny(typeUrl: string, value: Uint8Array): RawAny {
  return { type_url: typeUrlOf(typeNameOf(typeUrl)), value };
}
