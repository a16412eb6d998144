import { createServer, type ServerResponse } from "node:http";

/**
 * One instance of a version, whose health checks are counted. Every answer tells the version in
 * `x-served-by`; `/health` answers 200 or 503, `/hold` waits until it is let go.
 */
export interface ProbedBackend {
  readonly port: number;
  /** Probes with this Host, which is the service's name, since `setHealthy` was called last. */
  probes(service: string): number;
  /** Requests since `setHealthy` or `answerWith` was called last. */
  served(): number;
  setHealthy(healthy: boolean): void;
  /** Status of the answers to requests; 200 at first. */
  answerWith(status: number): void;
  /** Requests to `/hold` that wait. */
  held(): number;
  letGo(): void;
  close(): Promise<void>;
}

export async function startProbedBackend(version: string): Promise<ProbedBackend> {
  const probes = new Map<string, number>();
  const state = { healthy: true, status: 200, served: 0 };
  let held: ServerResponse[] = [];
  const answer = (response: ServerResponse, status: number): void => {
    response.writeHead(status, { "x-served-by": version, "content-length": 0 }).end();
  };
  const server = createServer(({ url, headers }, response) => {
    if (url === "/health") {
      const host = headers.host ?? "";
      probes.set(host, (probes.get(host) ?? 0) + 1);
      return answer(response, state.healthy ? 200 : 503);
    }
    state.served++;
    if (url === "/hold") held.push(response);
    else answer(response, state.status);
  });
  // A proxy keeps connections for minutes; a server that closes idle ones first causes 503s.
  server.keepAliveTimeout = 0;
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    probes: (service) => probes.get(service) ?? 0,
    served: () => state.served,
    setHealthy: (healthy) => {
      probes.clear();
      Object.assign(state, { healthy, served: 0 });
    },
    answerWith: (status) => {
      Object.assign(state, { status, served: 0 });
    },
    held: () => held.length,
    letGo: () => {
      for (const response of held) answer(response, 200);
      held = [];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
