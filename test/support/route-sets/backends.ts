/** The instances of generated services: each tells who it is and what it got, and remembers copies. */
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { InstanceId } from "./objects.ts";

/** A request as an instance saw it. */
export interface Seen {
  readonly instance: InstanceId;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Backends {
  addressOf(instance: InstanceId): string;
  /** Undefined: it is none of these. */
  instanceAt(address: string): InstanceId | undefined;
  /** Who got the request of this number, copies included. */
  receivers(number: string): readonly InstanceId[];
  close(): Promise<void>;
}

/** Header with the number of a request, which nothing routes by. */
export const numberHeader = "x-number";

export async function startBackends(ids: readonly InstanceId[]): Promise<Backends> {
  const received = new Map<string, InstanceId[]>();
  const started = await Promise.all(
    ids.map(async (instance) => {
      const server = createServer((request, response) => {
        request.resume();
        const number = String(request.headers[numberHeader] ?? "");
        const earlier = received.get(number) ?? [];
        received.set(number, [...earlier, instance]);
        response.end(JSON.stringify(seen(instance, request)));
      });
      return [instance, server, await portOf(server)] as const;
    }),
  );
  const addresses = new Map(started.map(([id, , port]) => [id, `127.0.0.1:${port}`]));
  const instances = new Map([...addresses].map(([id, address]) => [address, id]));
  return {
    addressOf: (instance) => addresses.get(instance) ?? "",
    instanceAt: (address) => instances.get(address),
    receivers: (number) => received.get(number) ?? [],
    close: async () => {
      for (const [, server] of started) {
        server.close();
        server.closeAllConnections();
      }
    },
  };
}

function portOf(server: Server): Promise<number> {
  server.keepAliveTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

function seen(instance: InstanceId, { method = "", url = "", headers }: IncomingMessage): Seen {
  const joined = Object.entries(headers).map(([key, value]) => [key, [value].flat().join(",")]);
  const { host = "" } = headers;
  return { instance, method, path: url, host, headers: Object.fromEntries(joined) as never };
}
