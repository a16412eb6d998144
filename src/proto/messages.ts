/**
 * Types of the messages in `proto/`. All fields are optional, as on the wire; enums are names;
 * Struct, Value and ListValue are plain JSON; 64-bit numbers are numbers, and bigints beyond 2^53.
 */
import type { MessageName, MessageTypes } from "../gen/messages.ts";

export type * from "../gen/messages.ts";

/** The message that a type URL or full name stands for; any object where it is not known. */
export type MessageOf<T extends string> = T extends MessageName
  ? MessageTypes[T]
  : T extends `type.googleapis.com/${infer N extends MessageName}`
    ? MessageTypes[N]
    : object;
