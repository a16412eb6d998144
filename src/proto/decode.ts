/** Bytes of our messages to plain objects: requests of proxies, and resources for display. */
import type { Root } from "protobufjs";
import { assert } from "../lib/assert.ts";
import { findMessageType } from "./message-type.ts";
import type { MessageOf } from "./messages.ts";
import { readMessage } from "./read-message.ts";
import { ourRoot } from "./root.ts";

/**
 * The plain form of a message of our own definitions; what they lack is skipped. An enum number
 * without a name stays a number. Throws an Error where the bytes are not such a message: bytes from
 * a peer are decoded inside the call that they came with, and end that call only.
 */
export function decodeMessage<T extends string>(typeUrl: T, bytes: Uint8Array): MessageOf<T> {
  return decodeWith(ourRoot(), typeUrl, bytes) as MessageOf<T>;
}

/** As `decodeMessage`, over any root. */
export function decodeWith(root: Root, typeUrl: string, bytes: Uint8Array): unknown {
  const type = findMessageType(root, typeUrl);
  assert(type !== undefined, `no message ${typeUrl}`);
  return readMessage(type, bytes);
}

/** The two fields of a google.protobuf.Any, the value still encoded. Throws as `decodeMessage`. */
export function decodeAny(bytes: Uint8Array): { typeUrl: string; value: Uint8Array } {
  const raw = decodeRaw(bytes);
  return { typeUrl: raw.type_url ?? "", value: raw.value ?? new Uint8Array() };
}

function decodeRaw(bytes: Uint8Array): { type_url?: string; value?: Uint8Array } {
  return ourRoot().lookupType("google.protobuf.Any").decode(bytes) as {
    type_url?: string;
    value?: Uint8Array;
  };
}
