/** A simulated Envoy: one connection and one delta ADS stream, which ACKs all it gets. */
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { decodeMessage } from "../src/proto/decode.ts";
import { encodeMessage } from "../src/proto/encode.ts";
import { typeUrls } from "../src/snapshot/type-url.ts";

const discovery = "envoy.service.discovery.v3";
const path = `/${discovery}.AggregatedDiscoveryService/DeltaAggregatedResources`;

export interface Receipt {
  readonly typeUrl: string;
  readonly bytes: number;
  /** Resources by name, with their content. */
  readonly resources: ReadonlyMap<string, Uint8Array>;
  /** After the ACK was written, by `performance.now()`. */
  readonly atMs: number;
}

export interface BenchProxy {
  /** Resolves when clusters, assignments, listeners and routes are all there. */
  readonly warm: Promise<void>;
  readonly bytes: number;
  onReceipt(listener: (receipt: Receipt) => void): void;
  close(): void;
}

const same = (bytes: Buffer): Buffer => bytes;

export function openProxy(address: string, id: string): BenchProxy {
  const client = new Client(address, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
    "grpc.max_receive_message_length": -1,
  });
  const call: ClientDuplexStream<Buffer, Buffer> = client.makeBidiStreamRequest(path, same, same);
  let bytes = 0;
  let listener: (receipt: Receipt) => void = () => {};
  let warmed = (): void => {};
  const warm = new Promise<void>((resolve, reject) => {
    warmed = resolve;
    call.on("error", reject);
  });
  const send = (request: Parameters<typeof encodeRequest>[0]): void => {
    call.write(encodeRequest(request));
  };
  const seen = new Set<string>();
  call.on("data", (message: Buffer) => {
    bytes += message.length;
    const response = decodeMessage(`${discovery}.DeltaDiscoveryResponse`, message);
    const typeUrl = response.type_url ?? "";
    send({ type_url: typeUrl, response_nonce: response.nonce ?? "" });
    const resources = new Map<string, Uint8Array>();
    for (const encoded of response.resources ?? []) {
      const resource = decodeMessage(`${discovery}.Resource`, encoded);
      resources.set(resource.name ?? "", resource.resource ?? new Uint8Array());
    }
    listener({ typeUrl, bytes: message.length, resources, atMs: performance.now() });
    if (seen.has(typeUrl)) return;
    seen.add(typeUrl);
    follow(typeUrl, [...resources.keys()]);
  });
  /** Envoy's order of subscriptions: clusters, their assignments, listeners, their routes. */
  const follow = (typeUrl: string, names: readonly string[]): void => {
    if (typeUrl === typeUrls.cluster) {
      send({ type_url: typeUrls.endpoint, resource_names_subscribe: names });
    } else if (typeUrl === typeUrls.endpoint) {
      send({ type_url: typeUrls.listener });
    } else if (typeUrl === typeUrls.listener) {
      send({ type_url: typeUrls.route, resource_names_subscribe: names });
    } else {
      warmed();
    }
  };
  send({ node: { id, cluster: "bench" }, type_url: typeUrls.cluster });
  return {
    warm,
    get bytes() {
      return bytes;
    },
    onReceipt: (next) => {
      listener = next;
    },
    close: () => {
      call.on("error", () => {});
      call.cancel();
      client.close();
    },
  };
}

function encodeRequest(request: {
  readonly node?: { readonly id: string; readonly cluster: string };
  readonly type_url: string;
  readonly resource_names_subscribe?: readonly string[];
  readonly response_nonce?: string;
}): Buffer {
  return Buffer.from(encodeMessage(`${discovery}.DeltaDiscoveryRequest`, request));
}
