/** A client that reports its load, by the official protos; every wait is bounded. */
import {
  Client,
  type ClientDuplexStream,
  credentials,
  status as grpcStatus,
  type StatusObject,
} from "@grpc/grpc-js";
import { eventually } from "../support/wait.ts";
import { methodOf } from "./official.ts";

export const supportsAll = "envoy.lrs.supports_send_all_clusters";

export interface LoadResponse {
  readonly clusters?: readonly string[];
  readonly send_all_clusters?: boolean;
  readonly report_endpoint_granularity?: boolean;
  readonly load_reporting_interval?: object;
}

export class LoadClient {
  readonly received: LoadResponse[] = [];
  readonly #client: Client;
  readonly #call: ClientDuplexStream<object, object>;
  #status: StatusObject | undefined;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
    });
    const { path, requestSerialize, responseDeserialize } = methodOf("LRS", "sotw");
    this.#call = this.#client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize);
    this.#call.on("data", (message: LoadResponse) => this.received.push(message));
    this.#call.on("status", (end: StatusObject) => {
      this.#status = end;
    });
    this.#call.on("error", () => undefined);
  }

  /** Says who it is, and waits for the answer. */
  async introduce(id: string, more: object = {}): Promise<LoadResponse> {
    this.send({ node: { id, client_features: [supportsAll], ...more } });
    return eventually(() => this.received[0], { what: "an answer" });
  }

  send(message: object): void {
    this.#call.write(message);
  }

  /** The code and text with which the server ends the stream. */
  async ended(): Promise<readonly [code: string | undefined, details: string]> {
    const { code, details } = await eventually(() => this.#status, { what: "the end" });
    return [grpcStatus[code], details];
  }

  close(): void {
    this.#call.cancel();
    this.#client.close();
  }
}
