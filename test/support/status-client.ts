/** Asks for client status (CSDS) by the official protos; every wait is bounded. */
import {
  Client,
  type ClientDuplexStream,
  credentials,
  status as grpcStatus,
  type ServiceError,
} from "@grpc/grpc-js";
import { definitionOf } from "../feature/official.ts";
import { eventually } from "./wait.ts";

const service = "envoy.service.status.v3.ClientStatusDiscoveryService";
const waitMs = 10_000;

/** As the official proto has it; what is not set is not there. */
export interface GenericConfig {
  readonly type_url: string;
  readonly name: string;
  readonly version_info?: string;
  readonly xds_config?: Readonly<Record<string, unknown>>;
  readonly last_updated?: { readonly seconds: string };
  readonly config_status: string;
  readonly client_status: string;
  readonly error_state?: {
    readonly details?: string;
    readonly version_info?: string;
    readonly last_update_attempt?: object;
  };
}

export interface ClientConfig {
  readonly node: { readonly id: string } & Readonly<Record<string, unknown>>;
  readonly generic_xds_configs?: readonly GenericConfig[];
}

export interface StatusResponse {
  readonly config?: readonly ClientConfig[];
}

export class StatusClient {
  readonly #client: Client;
  readonly #received: StatusResponse[] = [];
  #call: ClientDuplexStream<object, object> | undefined;

  constructor(port: number) {
    this.#client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
      "grpc.use_local_subchannel_pool": 1,
      "grpc.max_receive_message_length": -1,
    });
  }

  fetch(request: object = {}): Promise<StatusResponse> {
    const { path, requestSerialize, responseDeserialize } = definitionOf(
      service,
      "FetchClientStatus",
    );
    const options = { deadline: Date.now() + waitMs };
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        options,
        (error: ServiceError | null, response?: object) => {
          if (error === null) resolve(response as StatusResponse);
          else reject(new Error(`${grpcStatus[error.code]}: ${error.details}`));
        },
      );
    });
  }

  /** One more request on the one stream of this client, and its answer. */
  async next(request: object = {}): Promise<StatusResponse> {
    const before = this.#received.length;
    this.#stream().write(request);
    return eventually(() => this.#received[before], { what: "an answer" });
  }

  #stream(): ClientDuplexStream<object, object> {
    if (this.#call !== undefined) return this.#call;
    const method = definitionOf(service, "StreamClientStatus");
    const call = this.#client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
    );
    call.on("data", (message: StatusResponse) => this.#received.push(message));
    call.on("error", () => undefined);
    this.#call = call;
    return call;
  }

  close(): void {
    this.#call?.cancel();
    this.#client.close();
  }
}

/** `SYNCED ACKED` by type and name, of the only client. */
export function wordsOf({ config = [] }: StatusResponse): Readonly<Record<string, string>> {
  const [only, ...more] = config;
  if (only === undefined || more.length > 0) throw new Error(`${config.length} clients`);
  const words = (only.generic_xds_configs ?? []).map(
    ({ type_url, name, config_status, client_status }) =>
      [
        `${type_url.slice(type_url.lastIndexOf(".") + 1)} ${name}`,
        `${config_status} ${client_status}`,
      ] as const,
  );
  return Object.fromEntries(words);
}

/** The one of a type and name. */
export function configOf(
  { config = [] }: StatusResponse,
  typeUrl: string,
  name: string,
): GenericConfig | undefined {
  return config
    .flatMap(({ generic_xds_configs: all = [] }) => all)
    .find((each) => each.type_url === typeUrl && each.name === name);
}
