/** A backend of the service in `test/clients/echo.proto`: one instance of one version, h2c. */
import { fileURLToPath } from "node:url";
import {
  type handleUnaryCall,
  loadPackageDefinition,
  Server,
  ServerCredentials,
  type ServiceClientConstructor,
} from "@grpc/grpc-js";
import { loadSync } from "@grpc/proto-loader";

export interface EchoServer {
  readonly version: string;
  readonly port: number;
  /** Attempts that reached this server, failed ones included. */
  served(): number;
  /** What `grpc.health.v1.Health` answers from now on; at first it is serving. */
  setServing(serving: boolean): void;
  /** How often serin has asked it since `setServing` was called last. */
  probes(): number;
  /** Stops listening and cuts open connections. */
  close(): Promise<void>;
}

export interface EchoServerOptions {
  readonly version: string;
  /** Default: the version. */
  readonly instance?: string;
  /** Default: a free one. */
  readonly port?: number;
}

/** What a request may ask for; `test/clients/echo.proto` tells what it means. */
export interface EchoRequest {
  readonly waitMs?: number;
  readonly fail?: { readonly code: number; readonly times: number };
}

interface Text {
  readonly value: string;
}

const proto = loadSync(fileURLToPath(new URL("../clients/echo.proto", import.meta.url)));
const { service } = findService();

export async function startEchoServer(options: EchoServerOptions): Promise<EchoServer> {
  const { version, instance = version } = options;
  let served = 0;
  const say: handleUnaryCall<Text, Text> = (call, reply) => {
    served += 1;
    const asked = JSON.parse(call.request.value) as EchoRequest;
    const attempt = 1 + Number(call.metadata.get("grpc-previous-rpc-attempts")[0] ?? 0);
    const { code, times } = asked.fail ?? { code: 0, times: 0 };
    const authority = call.getHost();
    const answer = (): void => {
      if (attempt <= times) reply({ code, details: `attempt ${attempt}, as asked` });
      else reply(null, { value: JSON.stringify({ version, instance, authority, attempt }) });
    };
    if (asked.waitMs === undefined) answer();
    else setTimeout(answer, asked.waitMs);
  };
  const server = new Server();
  server.addService(service, { Say: say, Shout: say });
  const health = addHealth(server);
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(
      `127.0.0.1:${options.port ?? 0}`,
      ServerCredentials.createInsecure(),
      (error, bound) => {
        if (error === null) resolve(bound);
        else reject(error);
      },
    );
  });
  return {
    version,
    port,
    served: () => served,
    setServing: (serving) => Object.assign(health, { serving, probes: 0 }),
    probes: () => health.probes,
    close: async () => server.forceShutdown(),
  };
}

/** Answers in bytes: SERVING is `status = 1`, NOT_SERVING 2. */
function addHealth(server: Server): { serving: boolean; probes: number } {
  const health = { serving: true, probes: 0 };
  const bytes = (value: Buffer): Buffer => value;
  const check: handleUnaryCall<Buffer, Buffer> = ({ metadata }, reply) => {
    if (metadata.get("user-agent")[0] === "serin") health.probes += 1;
    reply(null, Buffer.of(8, health.serving ? 1 : 2));
  };
  const method = {
    path: "/grpc.health.v1.Health/Check",
    requestStream: false,
    responseStream: false,
    requestSerialize: bytes,
    requestDeserialize: bytes,
    responseSerialize: bytes,
    responseDeserialize: bytes,
  } as const;
  server.addService({ Check: method }, { Check: check });
  return health;
}

function findService(): ServiceClientConstructor {
  const root = loadPackageDefinition(proto) as unknown as {
    readonly serin: { readonly test: { readonly Echo: ServiceClientConstructor } };
  };
  return root.serin.test.Echo;
}
