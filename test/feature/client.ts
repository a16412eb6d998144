/** Real gRPC clients that tell a story step by step; every wait is bounded. */
import {
  Client,
  type ClientDuplexStream,
  credentials,
  status as grpcStatus,
  type StatusObject,
} from "@grpc/grpc-js";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import type { Variant } from "../../src/xds/stream-state.ts";
import { methodOf, type ServiceName } from "./official.ts";

const waitMs = 5_000;

export const CDS = typeUrls.cluster;
export const EDS = typeUrls.endpoint;
export const LDS = typeUrls.listener;
export const RDS = typeUrls.route;

type Json = Readonly<Record<string, unknown>>;

export interface SotwResponse {
  readonly version_info: string;
  readonly resources?: readonly Json[];
  readonly type_url: string;
  readonly nonce: string;
  readonly control_plane?: { readonly identifier: string };
}

export interface DeltaResponse {
  readonly system_version_info: string;
  readonly resources?: readonly {
    readonly name: string;
    readonly version: string;
    readonly resource: Json;
  }[];
  readonly removed_resources?: readonly string[];
  readonly type_url: string;
  readonly nonce: string;
  readonly control_plane?: { readonly identifier: string };
}

export const nodeOf = (id: string, more: object = {}): object => ({
  id,
  cluster: "test",
  user_agent_name: "test",
  ...more,
});

/** One connection, on which streams are opened. */
export class Connection {
  readonly #client: Client;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
    });
  }

  sotw(id: string, service: ServiceName = "ADS", node: object = nodeOf(id)): SotwClient {
    return new SotwClient(this.#open(service, "sotw"), node);
  }

  delta(id: string, service: ServiceName = "ADS", node: object = nodeOf(id)): DeltaClient {
    return new DeltaClient(this.#open(service, "delta"), node);
  }

  close(): void {
    this.#client.close();
  }

  #open(service: ServiceName, variant: Variant): ClientDuplexStream<object, object> {
    const { path, requestSerialize, responseDeserialize } = methodOf(service, variant);
    const serialize = (message: object): Buffer =>
      Buffer.isBuffer(message) ? message : requestSerialize(message);
    return this.#client.makeBidiStreamRequest(path, serialize, responseDeserialize);
  }
}

/** What both variants have in common: a queue of responses, and the end of the stream. */
class StreamClient<Response extends { readonly type_url: string; readonly nonce: string }> {
  readonly call: ClientDuplexStream<object, object>;
  readonly received: Response[] = [];
  #unread: Response[] = [];
  #status: StatusObject | undefined;
  #wake: () => void = () => undefined;
  #node: object | undefined;
  #barriers = 0;

  constructor(call: ClientDuplexStream<object, object>, node: object) {
    this.call = call;
    this.#node = node;
    call.on("data", (message: Response) => {
      this.received.push(message);
      this.#unread.push(message);
      this.#wake();
    });
    call.on("status", (end: StatusObject) => {
      this.#status = end;
      this.#wake();
    });
    call.on("error", () => undefined);
  }

  /** The node goes with the first message only. */
  protected send(message: object): void {
    const node = this.#node;
    this.#node = undefined;
    this.call.write(node === undefined ? message : { node, ...message });
  }

  /** Bytes as they are, in a valid gRPC frame. */
  sendBytes(bytes: Uint8Array): void {
    this.call.write(Buffer.from(bytes));
  }

  /** The next response. */
  async response(typeUrl?: string): Promise<Response> {
    const next = await this.#until("a response", () => this.#unread.shift() ?? this.#status);
    if (!("type_url" in next)) throw new Error(`the stream ended: ${next.code} ${next.details}`);
    if (typeUrl !== undefined && next.type_url !== typeUrl) {
      throw new Error(`expected ${typeUrl}, got ${JSON.stringify(next)}`);
    }
    return next;
  }

  /** The code and text with which the server ends the stream. */
  async ended(): Promise<{ readonly code: string; readonly details: string }> {
    const { code, details } = await this.#until("the end", () => this.#status);
    return { code: grpcStatus[code], details };
  }

  /**
   * Nothing more has come. A type that the server does not know is answered after all others, so
   * its answer proves that nothing else was due.
   */
  async quiet(): Promise<void> {
    this.#barriers += 1;
    const barrier = `type.googleapis.com/test.Barrier${this.#barriers}`;
    this.send({ type_url: barrier });
    const next = await this.response();
    if (next.type_url !== barrier) {
      throw new Error(`expected nothing, got ${JSON.stringify(next)}`);
    }
  }

  end(): void {
    this.call.end();
  }

  cancel(): void {
    this.call.cancel();
  }

  #until<T>(what: string, look: () => T | undefined): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        const last = JSON.stringify(this.received.at(-1))?.slice(0, 300);
        reject(new Error(`timed out waiting for ${what}; last response: ${last}`));
      }, waitMs);
      this.#wake = () => {
        const found = look();
        if (found === undefined) return;
        clearTimeout(timer);
        this.#wake = () => undefined;
        resolve(found);
      };
      this.#wake();
    });
  }
}

export class SotwClient extends StreamClient<SotwResponse> {
  readonly #names = new Map<string, readonly string[]>();
  readonly #last = new Map<string, SotwResponse>();
  readonly #version = new Map<string, string>();

  /** Asks for `names`, with the nonce of the last response and the version that was ACKed last. */
  request(typeUrl: string, names: readonly string[] = [], more: object = {}): void {
    this.#names.set(typeUrl, names);
    this.send({
      type_url: typeUrl,
      resource_names: names,
      response_nonce: this.#last.get(typeUrl)?.nonce ?? "",
      version_info: this.#version.get(typeUrl) ?? "",
      ...more,
    });
  }

  override async response(typeUrl?: string): Promise<SotwResponse> {
    const next = await super.response(typeUrl);
    this.#last.set(next.type_url, next);
    return next;
  }

  ack(response: SotwResponse): void {
    const { type_url, version_info, nonce: response_nonce } = response;
    this.#version.set(type_url, version_info);
    this.request(type_url, this.#names.get(type_url) ?? [], { response_nonce });
  }

  nack(response: SotwResponse, message: string): void {
    const error_detail = { code: 3, message };
    this.request(response.type_url, this.#names.get(response.type_url) ?? [], { error_detail });
  }

  /** Asks, and ACKs the answer. */
  async fetch(typeUrl: string, names: readonly string[] = []): Promise<SotwResponse> {
    this.request(typeUrl, names);
    return this.accept(typeUrl);
  }

  /** Waits for a response and ACKs it. */
  async accept(typeUrl: string): Promise<SotwResponse> {
    const response = await this.response(typeUrl);
    this.ack(response);
    return response;
  }
}

export class DeltaClient extends StreamClient<DeltaResponse> {
  subscribe(typeUrl: string, names: readonly string[] = [], more: object = {}): void {
    this.send({ type_url: typeUrl, resource_names_subscribe: names, ...more });
  }

  unsubscribe(typeUrl: string, names: readonly string[]): void {
    this.send({ type_url: typeUrl, resource_names_unsubscribe: names });
  }

  ack({ type_url, nonce }: DeltaResponse): void {
    this.send({ type_url, response_nonce: nonce });
  }

  nack({ type_url, nonce }: DeltaResponse, message: string): void {
    this.send({ type_url, response_nonce: nonce, error_detail: { code: 3, message } });
  }

  async fetch(typeUrl: string, names: readonly string[] = []): Promise<DeltaResponse> {
    this.subscribe(typeUrl, names);
    return this.accept(typeUrl);
  }

  async accept(typeUrl: string): Promise<DeltaResponse> {
    const response = await this.response(typeUrl);
    this.ack(response);
    return response;
  }
}

/** Names of the resources of a response, in its order. */
export function namesOf(response: SotwResponse | DeltaResponse): readonly string[] {
  return (response.resources ?? []).map((resource) => {
    const { name, cluster_name } = resource as { name?: string; cluster_name?: string };
    return name ?? cluster_name ?? "";
  });
}
