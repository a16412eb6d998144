/**
 * What the headers of a request say, and how a request is refused that is no call. The fields that
 * nothing is made of: `te`, since HTTP/2 itself refuses any other value than "trailers" (RFC 9113,
 * 8.2.2) and its absence does no harm here; `grpc-timeout`, since a client whose time is over resets
 * its call by itself, and one that is gone is found by the keep-alive.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Requests)
 */
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http2";

export type Request =
  /** `encoding`: what compressed messages of it would be compressed with. */
  | { readonly kind: "call"; readonly path: string; readonly encoding: string }
  | { readonly kind: "refused"; readonly headers: OutgoingHttpHeaders };

export function readRequest(headers: IncomingHttpHeaders): Request {
  if (headers[":method"] !== "POST") {
    return { kind: "refused", headers: { ":status": 405, allow: "POST" } };
  }
  if (!isGrpc(headers["content-type"])) return { kind: "refused", headers: { ":status": 415 } };
  const encoding = headers["grpc-encoding"] ?? "identity";
  return { kind: "call", path: headers[":path"] ?? "", encoding: String(encoding) };
}

/** `application/grpc`, `application/grpc+proto`, with or without parameters. */
const isGrpc = (contentType: string | undefined): boolean =>
  /^application\/grpc(?:\+proto)?\s*(?:;|$)/i.test(contentType ?? "");

/** Made for each call, since node writes into it. */
export const responseHeaders = (): OutgoingHttpHeaders => ({
  ":status": 200,
  "content-type": "application/grpc",
  "grpc-accept-encoding": "identity",
});
