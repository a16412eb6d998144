import { createServer, type IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

/**
 * A backend that answers with what it received. The request headers `x-echo-status`, `x-echo-delay`
 * (ms) and `x-echo-set` (`name=value`) say how; `x-echo-fail-first: n` answers 503 to the first n
 * requests of the same path.
 */
export interface EchoBackend {
  readonly name: string;
  readonly port: number;
  /** Paths of the requests received, in order. */
  readonly received: readonly string[];
  close(): Promise<void>;
}

export interface EchoReply {
  readonly backend: string;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  /** Several lines of one header are joined by ", ". */
  readonly headers: Readonly<Record<string, string>>;
}

export async function startEchoBackend(name: string): Promise<EchoBackend> {
  const received: string[] = [];
  const failures = new Map<string, number>();
  const server = createServer((request, response) => {
    request.resume();
    const path = request.url ?? "";
    received.push(path);
    const asked = (header: string): string => String(request.headers[header] ?? "");
    const failed = failures.get(path) ?? 0;
    const isFailing = failed < Number(asked("x-echo-fail-first"));
    if (isFailing) failures.set(path, failed + 1);
    const [header = "", value = ""] = asked("x-echo-set").split("=");
    const answer = (): void => {
      response.writeHead(isFailing ? 503 : Number(asked("x-echo-status") || 200), {
        "content-type": "application/json",
        "x-served-by": name,
        ...(header !== "" && { [header]: value }),
      });
      response.end(JSON.stringify(reply(name, request)));
    };
    const delayMs = Number(asked("x-echo-delay"));
    if (delayMs > 0) setTimeout(answer, delayMs);
    else answer();
  });
  // What is upgraded is the server's no longer, and would keep it open.
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (_request, socket: Duplex) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n",
    );
    socket.on("data", (chunk: Buffer) => socket.write(`${name}:${chunk.toString()}`));
    socket.on("error", () => socket.destroy());
  });
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    name,
    port: typeof address === "object" && address !== null ? address.port : 0,
    received,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
        for (const socket of upgraded) socket.destroy();
      }),
  };
}

function reply(backend: string, request: IncomingMessage): EchoReply {
  const { method = "", url = "", headers } = request;
  const joined = Object.entries(headers).map(([key, value]) => [key, [value].flat().join(", ")]);
  return {
    backend,
    method,
    path: url,
    host: headers.host ?? "",
    headers: Object.fromEntries(joined) as Record<string, string>,
  };
}
