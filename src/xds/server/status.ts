/**
 * The status that ends a call, as trailers.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Responses)
 */
import type { OutgoingHttpHeaders } from "node:http2";
import type { EndReason } from "../end-reason.ts";

export type StatusCode = EndReason["code"] | "not_found";

/** How a call ends; every `EndReason` is one. */
export interface CallStatus {
  readonly code: StatusCode;
  readonly message: string;
}

/** https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
const numbers: Readonly<Record<StatusCode, string>> = {
  ok: "0",
  invalid_argument: "3",
  deadline_exceeded: "4",
  not_found: "5",
  permission_denied: "7",
  resource_exhausted: "8",
  unimplemented: "12",
  internal: "13",
  unavailable: "14",
};

export const trailersOf = ({ code, message }: CallStatus): OutgoingHttpHeaders => ({
  "grpc-status": numbers[code],
  ...(code !== "ok" && { "grpc-message": percentEncoded(message) }),
});

/** UTF-8; all but the printable characters of ASCII, and the percent sign, is written as %XX. */
export function percentEncoded(text: string): string {
  let encoded = "";
  for (const byte of Buffer.from(text)) {
    const plain = byte >= 0x20 && byte <= 0x7e && byte !== 0x25;
    encoded += plain
      ? String.fromCharCode(byte)
      : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  }
  return encoded;
}
