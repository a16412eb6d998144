/** Builders for the small well-known types that almost every Envoy message uses. */
import type { MessageName, MessageTypes } from "./messages.ts";

/** google.protobuf.Duration of `ms` milliseconds, at most nine digits after the second. */
export function duration(ms: number): { readonly seconds: number; readonly nanos: number } {
  const nanos = Math.round((ms % 1000) * 1e6);
  const seconds = Math.trunc(ms / 1000);
  // Rounding may fill the second up: 999.9999999 ms is one second.
  return Math.abs(nanos) === 1e9
    ? { seconds: seconds + Math.sign(nanos), nanos: 0 }
    : { seconds, nanos };
}

/** google.protobuf.Timestamp of wall-clock milliseconds. */
export const timestamp = (wallMs: number) => duration(wallMs);

/** Any wrapper (UInt32Value, BoolValue, StringValue …): a value that differs from absence. */
export function wrapped<T>(value: T): { readonly value: T } {
  return { value };
}

/** A message for a field of type google.protobuf.Any, for example a filter's `typed_config`. */
export function anyOf<N extends MessageName>(name: N, message: MessageTypes[N]): AnyOf<N> {
  return { "@type": `type.googleapis.com/${name}`, ...message };
}

type AnyOf<N extends MessageName> = {
  readonly "@type": `type.googleapis.com/${N}`;
} & MessageTypes[N];
