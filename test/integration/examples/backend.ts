/** Instances as the examples need them: of HTTP, HTTP/2, TLS and bare TCP. */
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttp2Server } from "node:http2";
import { createServer as createHttpsServer } from "node:https";
import { createServer as createTcpServer, type Server, type Socket } from "node:net";
import { ask } from "../../support/asker.ts";
import { selfSigned } from "../../support/certificates.ts";
import { startEchoServer } from "../../support/grpc-echo-server.ts";
import type { BackendClaim, Behaviour } from "./claim.ts";

export interface ExampleBackend {
  readonly port: number;
  /** Requests that have come, health checks excluded. */
  received(): number;
  set(behaviour: Behaviour): void;
  close(): Promise<void>;
}

/** What an HTTP backend has received, as it answers in JSON. */
export interface Received {
  readonly path: string;
  readonly host: string;
  readonly method: string;
  readonly httpVersion: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface Identity {
  readonly version: string;
  readonly instance: string;
}

/** `portOf` tells where a port of the objects really is. */
export async function startExampleBackend(
  claim: BackendClaim,
  identity: Identity,
  portOf: (port: number) => number,
): Promise<ExampleBackend> {
  if (claim.kind === "grpc") {
    const echo = await startEchoServer(identity);
    return { port: echo.port, received: echo.served, set: () => undefined, close: echo.close };
  }
  return claim.kind === "tcp" ? startTcp(identity) : startHttp(claim, identity, portOf);
}

/** Says its version to whoever connects. */
async function startTcp({ version }: Identity): Promise<ExampleBackend> {
  let received = 0;
  const server = createTcpServer((socket) => {
    received += 1;
    socket.on("error", () => undefined);
    socket.end(version);
  });
  return { ...(await listening(server)), received: () => received, set: () => undefined };
}

async function startHttp(
  { kind, relay, tls }: BackendClaim,
  identity: Identity,
  portOf: (port: number) => number,
): Promise<ExampleBackend> {
  const now = { healthy: true, failShare: 0, delayMs: 0 };
  let received = 0;
  let owed = 0;
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const next = async (request: IncomingMessage): Promise<string> => {
    if (relay === undefined) return "";
    const passed = relay.headers.flatMap((name) => {
      const value = request.headers[name];
      return typeof value === "string" ? [[name, value] as const] : [];
    });
    const headers = { host: relay.host, ...Object.fromEntries(passed) };
    const reply = await ask(agent, { port: portOf(relay.at), headers });
    return `+${String(reply.headers["x-served-by"])}`;
  };
  const isFailing = (): boolean => {
    owed += now.failShare;
    // Sums of 0.1 do not meet 1 exactly.
    if (owed < 1 - 1e-9) return false;
    owed -= 1;
    return true;
  };
  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    if (request.url === "/health") {
      response.writeHead(now.healthy ? 200 : 503).end();
      return;
    }
    received += 1;
    const status = isFailing() ? 500 : 200;
    if (now.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, now.delayMs));
    const version = identity.version + (await next(request));
    response.writeHead(status, { "x-served-by": version, "x-instance": identity.instance });
    response.end(JSON.stringify(echo(request)));
  };
  const listener = (request: IncomingMessage, response: ServerResponse): void => {
    request.resume();
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  };
  const server = await listening(createFor(kind, listener, tls, identity));
  return {
    ...server,
    received: () => received,
    set: (behaviour) => void Object.assign(now, behaviour),
    close: async () => {
      agent.destroy();
      await server.close();
    },
  };
}

type Listener = (request: IncomingMessage, response: ServerResponse) => void;

function createFor(
  kind: BackendClaim["kind"],
  listener: Listener,
  tls: BackendClaim["tls"],
  { version }: Identity,
): Server {
  // The compatible API of HTTP/2 takes the same listener.
  if (kind === "h2c") return createHttp2Server(listener as never);
  const server = kind === "tls" ? createHttpsServer(tlsOf(tls, version), listener) : createServer();
  if (kind === "http") server.on("request", listener);
  // A proxy keeps connections for minutes; a server that closes idle ones first causes 503s.
  server.keepAliveTimeout = 0;
  return server;
}

function tlsOf(tls: BackendClaim["tls"], version: string) {
  if (tls === undefined) {
    const { certificate, privateKey } = selfSigned(version);
    return { cert: certificate, key: privateKey };
  }
  const { certificate, privateKey, clientCa } = tls;
  return { cert: certificate, key: privateKey, ca: clientCa, requestCert: true };
}

async function listening(server: Server) {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    close: async (): Promise<void> => {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function echo(request: IncomingMessage): Received {
  const { url = "", method = "", headers, httpVersion } = request;
  const joined = Object.entries(headers).map(([key, value]) => [key, [value].flat().join(", ")]);
  const host = headers.host ?? String(headers[":authority"] ?? "");
  return { path: url, method, host, httpVersion, headers: Object.fromEntries(joined) };
}
