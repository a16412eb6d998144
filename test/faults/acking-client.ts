/**
 * A proxy without traffic, for worlds that need no Envoy: it follows one replica by incremental xDS with
 * the official protos, ACKs whatever comes, reports requests as it is told to, and goes to the next
 * replica where one dies, hangs, or is not there.
 */
import { setTimeout as pause } from "node:timers/promises";
import { Client, type ClientDuplexStream, credentials } from "@grpc/grpc-js";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { methodOf } from "../feature/official.ts";

/** Requests between two reports, by subset of `web`. */
export type Traffic = Readonly<Record<string, { readonly ok: number; readonly errors: number }>>;

export interface AckingClientOptions {
  readonly id: string;
  /** xDS ports of the replicas, the favourite first. */
  readonly ports: readonly number[];
  readonly traffic: () => Traffic;
}

type Stream = ClientDuplexStream<object, object>;

interface Response {
  readonly type_url: string;
  readonly nonce: string;
  readonly resources?: readonly { readonly name: string }[];
}

const betweenTriesMs = 300;
/** As often as serin asks for it. */
const reportMs = 2_000;
const route = "default/http";

export class AckingClient {
  readonly #options: AckingClientOptions;
  readonly #life: Promise<void>;
  #client: Client | undefined;
  #isClosed = false;

  constructor(options: AckingClientOptions) {
    this.#options = options;
    this.#life = this.#live();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#client?.close();
    await this.#life;
  }

  async #live(): Promise<void> {
    const { ports } = this.#options;
    for (let turn = 0; !this.#isClosed; turn += 1) {
      const client = new Client(
        `127.0.0.1:${ports[turn % ports.length]}`,
        credentials.createInsecure(),
        {
          "grpc.use_local_subchannel_pool": 1,
          // A replica that hangs is left as an Envoy leaves it.
          "grpc.keepalive_time_ms": 3_000,
          "grpc.keepalive_timeout_ms": 3_000,
        },
      );
      this.#client = client;
      const reporting = this.#report(client);
      await this.#follow(client);
      clearInterval(reporting);
      client.close();
      if (!this.#isClosed) await pause(betweenTriesMs);
    }
  }

  get #node(): object {
    const client_features = ["envoy.lrs.supports_send_all_clusters"];
    return { id: this.#options.id, cluster: "edge", user_agent_name: "fake", client_features };
  }

  /** Until the stream ends. */
  #follow(client: Client): Promise<void> {
    const { path, requestSerialize, responseDeserialize } = methodOf("ADS", "delta");
    const stream: Stream = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
    );
    const assignments = new Set<string>();
    stream.on("data", ({ type_url, nonce, resources = [] }: Response) => {
      stream.write({ type_url, response_nonce: nonce });
      if (type_url !== typeUrls.cluster) return;
      const fresh = resources.map(({ name }) => name).filter((name) => !assignments.has(name));
      for (const name of fresh) assignments.add(name);
      if (fresh.length === 0) return;
      stream.write({ type_url: typeUrls.endpoint, resource_names_subscribe: fresh });
    });
    stream.write({ node: this.#node, type_url: typeUrls.cluster });
    stream.write({ type_url: typeUrls.listener });
    stream.write({ type_url: typeUrls.route, resource_names_subscribe: [route] });
    return ended(stream);
  }

  #report(client: Client): NodeJS.Timeout {
    const { path, requestSerialize, responseDeserialize } = methodOf("LRS", "sotw");
    const stream: Stream = client.makeBidiStreamRequest(
      path,
      requestSerialize,
      responseDeserialize,
    );
    void ended(stream);
    stream.write({ node: this.#node });
    return setInterval(() => {
      const cluster_stats = Object.entries(this.#options.traffic()).map(([subset, counts]) => ({
        cluster_name: `web/${subset}`,
        upstream_locality_stats: [
          { total_successful_requests: counts.ok, total_error_requests: counts.errors },
        ],
        load_report_interval: { seconds: reportMs / 1_000 },
      }));
      stream.write({ cluster_stats });
    }, reportMs);
  }
}

function ended(stream: Stream): Promise<void> {
  return new Promise((resolve) => {
    stream.on("data", () => undefined);
    stream.on("error", () => undefined);
    stream.on("status", () => resolve());
  });
}
