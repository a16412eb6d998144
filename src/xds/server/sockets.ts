/**
 * The sockets under a port, by the address and port of their client: also those that no session has
 * come of yet, and those whose session is over while the client does not hang up. Both would hold a
 * descriptor, and a drain, for as long as their client likes.
 */
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Socket } from "node:net";

export type Http2 = Http2Server | Http2SecureServer;

export class Sockets {
  readonly #open = new Map<string, Socket>();
  /** Those that no session has come of. */
  readonly #unserved = new Set<Socket>();

  constructor(server: Http2) {
    // Before node's own listener, which tells of the session.
    server.prependListener("connection", (socket: Socket) => {
      const peer = peerOf(socket);
      this.#open.set(peer, socket);
      this.#unserved.add(socket);
      socket.once("close", () => {
        this.#unserved.delete(socket);
        if (this.#open.get(peer) === socket) this.#open.delete(peer);
      });
    });
  }

  /** There is a session on the socket of this client. */
  served(peer: string): void {
    const socket = this.#open.get(peer);
    if (socket !== undefined) this.#unserved.delete(socket);
  }

  cut(peer: string): void {
    this.#open.get(peer)?.destroy();
  }

  /** Of those that are within a handshake, or say nothing. */
  cutUnserved(): void {
    for (const socket of this.#unserved) socket.destroy();
  }

  cutAll(): void {
    for (const socket of this.#open.values()) socket.destroy();
  }
}

/** `address:port`, as gRPC writes it. */
export function peerOf({ remoteAddress = "unknown", remotePort }: SocketAddress): string {
  const host = remoteAddress.includes(":") ? `[${remoteAddress}]` : remoteAddress;
  return remotePort === undefined ? host : `${host}:${remotePort}`;
}

type SocketAddress = Pick<Socket, "remoteAddress" | "remotePort">;
