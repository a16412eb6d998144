import { envoyBootstrap, grpcBootstrap } from "../../src/cli/bootstrap-template.ts";
import { type Envoy, startEnvoy } from "./envoy.ts";
import { type Etcd, startEtcd } from "./etcd.ts";
import { type GrpcClient, startGrpcClient } from "./grpc-client.ts";
import { languages } from "./grpc-client-build.ts";
import { type EchoServer, startEchoServer } from "./grpc-echo-server.ts";
import { openedParts } from "./opened.ts";
import { type Serin, startSerin } from "./serin.ts";

/**
 * Real etcd, real serin, two versions of a gRPC service `web`, and all who call it at the same time:
 * the gRPC clients without a proxy, and one that goes through a real Envoy.
 */
export interface GrpcScene {
  readonly etcd: Etcd;
  readonly serin: Serin;
  readonly envoy: Envoy;
  readonly v1: EchoServer;
  readonly v2: EchoServer;
  /** By the language of the client without a proxy; `envoy` goes through Envoy. */
  readonly clients: Readonly<Record<Caller, GrpcClient>>;
  /** `etcdctl put /serin/<key>`, and waits until every connected proxy has applied it. */
  apply(key: string, value: unknown): Promise<void>;
  /** Deletes, and waits likewise. */
  remove(key: string): Promise<void>;
  stop(): Promise<void>;
}

export const callers = [...languages, "envoy"] as const;
export type Caller = (typeof callers)[number];

/** `content`: further keys, there from the beginning. */
export async function startGrpcScene(
  content: Readonly<Record<string, unknown>> = {},
): Promise<GrpcScene> {
  const { opened, stop } = openedParts();
  try {
    const etcd = opened(await startEtcd(), (part) => part.stop());
    const v1 = opened(await startEchoServer({ version: "v1" }), (part) => part.close());
    const v2 = opened(await startEchoServer({ version: "v2" }), (part) => part.close());
    const put = async (key: string, value: unknown): Promise<number> => {
      await etcd.put(`/serin/${key}`, JSON.stringify(value));
      return (await etcd.get(`/serin/${key}`))?.modRevision ?? 0;
    };
    const all = {
      "services/web": { appProtocol: "grpc" },
      "endpoints/web/a": { address: `127.0.0.1:${v1.port}`, version: "v1" },
      "endpoints/web/b": { address: `127.0.0.1:${v2.port}`, version: "v2" },
      "weights/web": { v1: 100, v2: 0 },
      ...content,
    };
    for (const [key, value] of Object.entries(all)) await put(key, value);
    const store = `etcd://${etcd.endpoint}`;
    const serin = opened(await startSerin({ store }), (part) => part.stop());
    const envoy = opened(await startEnvoyAt(serin), (part) => part.stop());
    await envoy.ready();
    const port = await envoy.listenerPort("default/http");
    const clients = await startClients(serin, port, (client) =>
      opened(client, (part) => part.stop()),
    );
    const apply = async (key: string, value: unknown): Promise<void> =>
      serin.applied(await put(key, value));
    const remove = async (key: string): Promise<void> => {
      await etcd.del(`/serin/${key}`);
      // The deletion itself has no key to read its revision from; this write comes after it.
      await serin.applied(await put("status/test", Date.now()));
    };
    return { etcd, serin, envoy, v1, v2, clients, apply, remove, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

const serverOf = ({ xdsPort }: Serin) => ({ host: "127.0.0.1", port: xdsPort });

function startEnvoyAt(serin: Serin): Promise<Envoy> {
  const servers = [serverOf(serin)];
  const bootstrap = envoyBootstrap({ nodeId: "edge-1", cluster: "edge", mode: "delta", servers });
  return startEnvoy({ bootstrap });
}

async function startClients(
  serin: Serin,
  envoyPort: number,
  opened: (client: GrpcClient) => GrpcClient,
): Promise<Readonly<Record<Caller, GrpcClient>>> {
  const clients: Partial<Record<Caller, GrpcClient>> = {};
  for (const language of languages) {
    const nodeId = `grpc-${language}`;
    const bootstrap = grpcBootstrap({ nodeId, cluster: "clients", servers: [serverOf(serin)] });
    clients[language] = opened(await startGrpcClient({ language, bootstrap }));
  }
  const target = `127.0.0.1:${envoyPort}`;
  clients.envoy = opened(await startGrpcClient({ language: "node", target, authority: "web" }));
  return clients as Record<Caller, GrpcClient>;
}
