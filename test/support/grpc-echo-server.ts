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
  /** Stops listening and cuts open connections. */
  close(): Promise<void>;
}

export interface EchoServerOptions {
  readonly version: string;
  /** Default: the version. */
  readonly instance?: string;
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
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) => {
      if (error === null) resolve(bound);
      else reject(error);
    });
  });
  return {
    version,
    port,
    served: () => served,
    close: async () => server.forceShutdown(),
  };
}

function findService(): ServiceClientConstructor {
  const root = loadPackageDefinition(proto) as unknown as {
    readonly serin: { readonly test: { readonly Echo: ServiceClientConstructor } };
  };
  return root.serin.test.Echo;
}
