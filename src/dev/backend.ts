import { createServer, type IncomingMessage, type ServerResponse } from "node:http";

/**
 * A demo service for `serin dev` and the tests: one instance of one version. Every answer tells in
 * the header `x-served-by` which version gave it.
 *
 *     GET /anything  → 200 {"version":"v1","instance":"v1-a"}
 *     GET /health    → 200 while healthy, else 503; not counted in `served`
 *     PUT /fail/30   → from now on it answers 30 % of the requests with 500; not counted either
 */
export interface Backend {
  readonly version: string;
  readonly instance: string;
  readonly host: string;
  readonly port: number;
  /** Requests answered since the start, health checks excluded. */
  served(): number;
  /**
   * From now on this share (0 to 1) of requests gets `status` (default 500): evenly spread and not
   * by chance, so that 0.3 means 3 of any 10 in a row.
   */
  failShare(share: number, status?: number): void;
  setHealthy(healthy: boolean): void;
  /** Each answer waits this long, ms. */
  delay(ms: number): void;
  /** Stops listening and cuts open connections. */
  close(): Promise<void>;
}

export interface BackendOptions {
  readonly version: string;
  /** Default: the version. */
  readonly instance?: string;
  /** Default 127.0.0.1. */
  readonly host?: string;
  /** Default: a free one. */
  readonly port?: number;
  /** Gets the first line and the Host of each request, health checks excluded. */
  readonly log?: (line: string) => void;
}

/** Rejects when the address cannot be bound. */
export async function startBackend(options: BackendOptions): Promise<Backend> {
  const { version, instance = version, host = "127.0.0.1" } = options;
  const state = { served: 0, share: 0, owed: 0, status: 500, healthy: true, delayMs: 0 };

  const answer = (response: ServerResponse, status: number): void => {
    const body = JSON.stringify({ version, instance });
    response.writeHead(status, {
      "content-type": "application/json",
      "content-length": Buffer.byteLength(body),
      "x-served-by": version,
      "x-instance": instance,
    });
    response.end(body);
  };
  const serve = (response: ServerResponse): void => {
    state.served++;
    state.owed += state.share;
    // A hair below 1: sums of 0.1 do not meet it exactly.
    const fail = state.owed > 1 - 1e-9;
    if (fail) state.owed -= 1;
    const status = fail ? state.status : 200;
    if (state.delayMs === 0) answer(response, status);
    else setTimeout(() => answer(response, status), state.delayMs);
  };

  const failShare = (share: number, status = 500): void => {
    Object.assign(state, { share, status, owed: 0 });
  };

  const server = createServer((request: IncomingMessage, response: ServerResponse) => {
    request.resume();
    const percent = askedToFail(request);
    if (request.url === "/health") answer(response, state.healthy ? 200 : 503);
    else if (percent !== undefined) {
      failShare(percent / 100);
      response.end(`${version} fails ${percent} % of its requests from now on\n`);
    } else {
      const { method = "", url = "", headers } = request;
      options.log?.(`${version} ${method} ${url} Host: ${headers.host ?? ""}`);
      serve(response);
    }
  });
  // A proxy keeps connections for minutes; a server that closes idle ones first causes 503s.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(options.port ?? 0, host, resolve);
  });
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;

  return {
    version,
    instance,
    host,
    port,
    served: () => state.served,
    failShare,
    setHealthy: (healthy) => {
      state.healthy = healthy;
    },
    delay: (ms) => {
      state.delayMs = ms;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Per cent. */
function askedToFail({ method, url }: IncomingMessage): number | undefined {
  const [, percent] = /^\/fail\/(\d{1,2}|100)$/.exec(url ?? "") ?? [];
  return method === "PUT" && percent !== undefined ? Number(percent) : undefined;
}
