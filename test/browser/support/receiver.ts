import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** Somebody whom alerts are told. */
export interface Receiver {
  readonly url: string;
  readonly alerts: readonly Readonly<Record<string, unknown>>[];
  close(): Promise<void>;
}

export async function startReceiver(): Promise<Receiver> {
  const alerts: Record<string, unknown>[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on("end", () => {
      alerts.push(JSON.parse(body) as Record<string, unknown>);
      response.writeHead(204).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/alerts`,
    alerts,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
