import { createServer, type Server } from "node:net";

/**
 * Below what the kernel gives to outgoing connections (from 32,768), so that no connection of a load can
 * take a port between its choice and its use; drawn, so that files that run side by side do not meet.
 */
const firstPort = 20_000;
const lastPort = 32_000;

/** `count` different loopback ports, free a moment ago: bind them soon, and expect to try again. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const held = new Map<number, Server>();
  while (held.size < count) {
    const port = firstPort + Math.floor(Math.random() * (lastPort - firstPort));
    const server = held.has(port) ? undefined : await listen(port);
    if (server !== undefined) held.set(port, server);
  }
  await Promise.all([...held.values()].map((server) => new Promise((done) => server.close(done))));
  return [...held.keys()];
}

export async function freePort(): Promise<number> {
  const [port] = await freePorts(1);
  if (port === undefined) throw new Error("no TCP port");
  return port;
}

/** Nothing: something else has it. */
function listen(port: number): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) =>
      error.code === "EADDRINUSE" ? resolve(undefined) : reject(error),
    );
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
