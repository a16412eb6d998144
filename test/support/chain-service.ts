import {
  Agent,
  createServer,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request,
} from "node:http";

/** One instance of a service that asks the next one, as an application in a mesh does. */
export interface ChainService {
  readonly port: number;
  setHealthy(healthy: boolean): void;
  /** Requests answered since the start, health checks excluded. */
  served(): number;
  /** Headers of the last request. */
  received(): IncomingHttpHeaders;
  /** Stops listening and cuts open connections. */
  close(): Promise<void>;
}

export interface ChainOptions {
  /** What the instance calls itself in the list of hops: `front-gray`. */
  readonly name: string;
  /** The service to ask next, and the port where it is asked for by name; undefined: the last hop. */
  readonly next?: { readonly service: string; readonly port: number };
}

/** Passed on from hop to hop, as tracing does it. */
const propagated = ["x-lane", "baggage"] as const;

/**
 * Answers with the hops that served, in `x-served-by`: `front-gray>middle-base>back-gray`. Where the
 * next hop fails, its status stands in its place and is the answer's.
 */
export async function startChainService({ name, next }: ChainOptions): Promise<ChainService> {
  const agent = new Agent({ keepAlive: true });
  const state = { healthy: true, served: 0, received: {} as IncomingHttpHeaders };
  const server = createServer(async (incoming, response) => {
    incoming.resume();
    if (incoming.url === "/health") {
      response.writeHead(state.healthy ? 200 : 503).end();
      return;
    }
    state.served++;
    state.received = incoming.headers;
    const behind = next === undefined ? undefined : await ask(agent, next, incoming);
    const hops = behind === undefined ? name : `${name}>${behind.hops}`;
    response.writeHead(behind?.status ?? 200, { "x-served-by": hops }).end();
  });
  // A proxy keeps connections for minutes; a server that closes idle ones first causes 503s.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    setHealthy: (healthy) => {
      state.healthy = healthy;
    },
    served: () => state.served,
    received: () => state.received,
    close: () =>
      new Promise((resolve) => {
        agent.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface NextAnswer {
  readonly status: number;
  readonly hops: string;
}

function ask(
  agent: Agent,
  { service, port }: NonNullable<ChainOptions["next"]>,
  incoming: IncomingMessage,
): Promise<NextAnswer> {
  const kept = propagated.flatMap((name) => {
    const value = incoming.headers[name];
    return typeof value === "string" ? [[name, value] as const] : [];
  });
  const headers = { host: service, ...Object.fromEntries(kept) };
  return new Promise((resolve) => {
    const call = request({ agent, host: "127.0.0.1", port, headers, timeout: 5_000 }, (answer) => {
      answer.resume();
      const status = answer.statusCode ?? 0;
      const served = answer.headers["x-served-by"];
      answer.once("end", () => resolve({ status, hops: String(served ?? status) }));
      answer.once("error", ({ message }) => resolve({ status: 502, hops: message }));
    });
    call.once("timeout", () => call.destroy(new Error("no answer in time")));
    call.once("error", ({ message }) => resolve({ status: 502, hops: message }));
    call.end();
  });
}
