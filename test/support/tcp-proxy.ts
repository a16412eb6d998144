import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP proxy on loopback that can do to connections what networks do. */
export interface TcpProxy {
  /** `127.0.0.1:<port>`. */
  readonly endpoint: string;
  /** Connections that are open now. */
  readonly connections: number;
  /** Resets every connection; new ones pass. */
  cut(): void;
  /** Resets every connection once so many bytes more of answers have passed. */
  cutAfter(bytes: number): Promise<void>;
  /** New connections are reset at once, until `false`. */
  refuse(on: boolean): void;
  /** What passes on the connections of now is swallowed for ever; they stay open. New ones pass. */
  blackHole(): void;
  /** Answers of every connection are held back, until `false`; requests pass. */
  holdAnswers(on: boolean): void;
  close(): Promise<void>;
}

interface Link {
  readonly client: Socket;
  readonly server: Socket;
  swallow: boolean;
}

/** `target` is `host:port`. */
export async function startTcpProxy(target: string): Promise<TcpProxy> {
  const colon = target.lastIndexOf(":");
  const [host, port] = [target.slice(0, colon), Number(target.slice(colon + 1))];
  const links = new Set<Link>();
  let refusing = false;
  let holding = false;
  let cutting: { left: number; readonly done: () => void } | undefined;

  const answer = (link: Link, bytes: Buffer) => {
    if (cutting === undefined || bytes.length < cutting.left) {
      if (cutting !== undefined) cutting.left -= bytes.length;
      forward(link, bytes, link.server, link.client);
      return;
    }
    const { left, done } = cutting;
    cutting = undefined;
    // The client may get what came before; what it makes of it is the point.
    forward(link, bytes.subarray(0, left), link.server, link.client);
    setImmediate(() => {
      cut();
      done();
    });
  };
  const accept = (client: Socket) => {
    client.on("error", () => undefined);
    if (refusing) {
      client.resetAndDestroy();
      return;
    }
    const server = connect(port, host);
    const link: Link = { client, server, swallow: false };
    links.add(link);
    client.setNoDelay(true);
    server.setNoDelay(true);
    if (holding) server.pause();
    client.on("data", (bytes) => forward(link, bytes, client, server));
    server.on("data", (bytes) => answer(link, bytes));
    server.on("error", () => undefined);
    const end = () => {
      // A black hole tells neither side that the other is gone.
      if (link.swallow) return;
      links.delete(link);
      client.destroy();
      server.destroy();
    };
    client.on("close", end);
    server.on("close", end);
  };

  const listener = createServer(accept);
  await new Promise<void>((resolve, reject) => {
    listener.once("error", reject);
    listener.listen(0, "127.0.0.1", resolve);
  });
  const cut = () => {
    for (const { client, server } of links) {
      client.resetAndDestroy();
      server.resetAndDestroy();
    }
    links.clear();
  };

  return {
    endpoint: `127.0.0.1:${(listener.address() as AddressInfo).port}`,
    get connections() {
      return links.size;
    },
    cut,
    cutAfter: (bytes) =>
      new Promise((done) => {
        cutting = { left: bytes, done };
      }),
    refuse: (on) => {
      refusing = on;
    },
    blackHole: () => {
      for (const link of links) link.swallow = true;
    },
    holdAnswers: (on) => {
      holding = on;
      for (const { server } of links) {
        if (on) server.pause();
        else server.resume();
      }
    },
    close: async () => {
      cut();
      await new Promise((resolve) => listener.close(resolve));
    },
  };
}

function forward(link: Link, bytes: Buffer, from: Socket, to: Socket): void {
  if (link.swallow || to.destroyed) return;
  if (to.write(bytes)) return;
  from.pause();
  to.once("drain", () => from.resume());
}
