/** HTTP/2 clients that say and leave out what a gRPC library would not. Every wait is bounded. */
import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type ClientSessionOptions,
  connect,
  constants,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type SecureClientSessionOptions,
} from "node:http2";
import { encodeMessage } from "../../../../src/proto/encode.ts";
import { frameOf } from "../../../../src/xds/frame.ts";
import { eventually } from "../../../support/wait.ts";

export const aggregated =
  "/envoy.service.discovery.v3.AggregatedDiscoveryService/DeltaAggregatedResources";

export const deltaRequest = (typeUrl: string, id = "n", more: object = {}): Buffer =>
  frameOf(
    encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
      node: { id },
      type_url: typeUrl,
      ...more,
    }),
  );

/** One stream: what came of it so far. */
export class RawCall {
  readonly stream: ClientHttp2Stream;
  headers: IncomingHttpHeaders | undefined;
  trailers: IncomingHttpHeaders | undefined;
  bytes = 0;
  readonly chunks: Buffer[] = [];

  constructor(stream: ClientHttp2Stream, reads: boolean) {
    this.stream = stream;
    stream.on("error", () => {});
    stream.on("response", (headers) => {
      this.headers = headers;
    });
    stream.on("trailers", (trailers) => {
      this.trailers = trailers;
      // As a library of gRPC does.
      stream.close();
    });
    if (reads) this.read();
  }

  read(): void {
    this.stream.on("data", (chunk: Buffer) => {
      this.bytes += chunk.length;
      this.chunks.push(chunk);
    });
  }

  /** Status and message, in trailers or in headers alone. */
  async status(): Promise<readonly [string, string]> {
    const of = (headers: IncomingHttpHeaders | undefined) => headers?.["grpc-status"];
    const found = await eventually(
      () => (of(this.trailers) ? this.trailers : of(this.headers) ? this.headers : undefined),
      { what: "a status" },
    );
    return [String(found["grpc-status"]), decodeURIComponent(String(found["grpc-message"] ?? ""))];
  }

  /** Whole messages, without their frames. */
  messages(): readonly Buffer[] {
    const bytes = Buffer.concat(this.chunks);
    const messages: Buffer[] = [];
    for (let at = 0; at + 5 <= bytes.length; ) {
      const end = at + 5 + bytes.readUInt32BE(at + 1);
      if (end > bytes.length) break;
      messages.push(bytes.subarray(at + 5, end));
      at = end;
    }
    return messages;
  }

  count(messages: number): Promise<unknown> {
    return eventually(() => this.messages().length >= messages, { what: `${messages} messages` });
  }
}

export class RawClient {
  readonly session: ClientHttp2Session;
  closed = false;

  constructor(port: number, options: ClientSessionOptions | SecureClientSessionOptions = {}) {
    const scheme = "ca" in options ? "https" : "http";
    this.session = connect(`${scheme}://127.0.0.1:${port}`, options);
    this.session.on("error", () => {});
    this.session.on("close", () => {
      this.closed = true;
    });
  }

  call(path = aggregated, headers: OutgoingHttpHeaders = {}, reads = true): RawCall {
    const stream = this.session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      "content-type": "application/grpc",
      te: "trailers",
      ...headers,
    });
    return new RawCall(stream, reads);
  }

  async gone(): Promise<void> {
    await eventually(() => this.closed, { what: "the connection to be closed" });
  }

  async close(): Promise<void> {
    if (this.session.destroyed) return;
    const closed = once(this.session, "close");
    this.session.destroy();
    await closed;
  }
}
