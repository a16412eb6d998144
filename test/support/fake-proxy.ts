import { decodeMessage } from "../../src/proto/decode.ts";
import { encodeMessage } from "../../src/proto/encode.ts";
import { type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import type { Hub } from "../../src/xds/hub.ts";
import type { XdsStream } from "../../src/xds/stream.ts";

/**
 * A delta proxy without a wire: what it is sent is kept, and it answers as it is told to. The bytes
 * are those that a real proxy would send and get.
 */
export interface FakeProxy {
  readonly stream: XdsStream;
  /** Responses by type, oldest first. */
  received(typeUrl: TypeUrl): readonly FakeResponse[];
  subscribe(typeUrl: TypeUrl, names?: readonly string[]): void;
  /** Answers the last response of the type. */
  ack(typeUrl: TypeUrl): void;
  nack(typeUrl: TypeUrl, message: string): void;
  /** From now on it ACKs whatever comes, at once. */
  ackAll(): void;
  close(): void;
}

export interface FakeResponse {
  readonly nonce: string;
  readonly version: string;
}

export interface FakeProxyOptions {
  readonly id: string;
  /** Default: edge. */
  readonly cluster?: string;
  /** Default: fake. */
  readonly userAgent?: string;
  /** Default: 127.0.0.1:5000. */
  readonly peer?: string;
}

const discovery = "envoy.service.discovery.v3";

/** Every type that Envoy asks for first. */
const wildcardTypes = [typeUrls.cluster, typeUrls.listener];

export function connectProxy(hub: Hub, options: FakeProxyOptions): FakeProxy {
  const responses = new Map<string, FakeResponse[]>();
  let acksAll = false;
  let introduced = false;
  const { id, cluster = "edge", userAgent = "fake" } = options;
  const node = { id, cluster, user_agent_name: userAgent };

  const answer = (typeUrl: TypeUrl, error?: string): void => {
    const last = responses.get(typeUrl)?.at(-1);
    if (last === undefined) throw new Error(`nothing of ${typeUrl} to answer`);
    request({
      type_url: typeUrl,
      response_nonce: last.nonce,
      ...(error !== undefined && { error_detail: { code: 13, message: error } }),
    });
  };
  const wire = {
    peer: options.peer ?? "127.0.0.1:5000",
    write(bytes: Uint8Array): boolean {
      const response = decodeMessage(`${discovery}.DeltaDiscoveryResponse`, bytes);
      const { type_url: typeUrl = "", nonce = "", system_version_info: version = "" } = response;
      responses.set(typeUrl, [...(responses.get(typeUrl) ?? []), { nonce, version }]);
      // A real proxy answers later, never inside the server's write.
      if (acksAll) queueMicrotask(() => answer(typeUrl as TypeUrl));
      return true;
    },
    end: () => undefined,
  };
  const stream = hub.open(wire, { variant: "delta", onlyType: undefined });
  if (stream === undefined) throw new Error("the hub takes no more streams");
  const request = (message: object): void => {
    const whole = introduced ? message : { node, ...message };
    introduced = true;
    stream.receive(encodeMessage(`${discovery}.DeltaDiscoveryRequest`, whole));
  };
  return {
    stream,
    received: (typeUrl) => responses.get(typeUrl) ?? [],
    subscribe: (typeUrl, names = []) =>
      request({ type_url: typeUrl, resource_names_subscribe: names }),
    ack: (typeUrl) => answer(typeUrl),
    nack: (typeUrl, message) => answer(typeUrl, message),
    ackAll() {
      acksAll = true;
      for (const typeUrl of wildcardTypes) this.subscribe(typeUrl);
    },
    close: () => stream.closed({ code: "ok", message: "test" }),
  };
}
