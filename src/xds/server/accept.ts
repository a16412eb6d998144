/** What connects to a port, and the streams on it: which are served, and how the others are let go. */
import {
  constants,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from "node:http2";
import { limits } from "../../config/limits.ts";
import type { Clock } from "../../lib/clock.ts";
import type { WireBounds } from "./bounds.ts";
import { GrpcCall, letGo } from "./call.ts";
import { Connection } from "./connection.ts";
import type { Methods } from "./methods.ts";
import { readRequest } from "./request.ts";
import { RequestMemory } from "./request-memory.ts";
import { Room } from "./room.ts";
import type { Http2, Sockets } from "./sockets.ts";
import { Turns } from "./turns.ts";

export interface Acceptance {
  readonly clock: Clock;
  readonly bounds: WireBounds;
  readonly sockets: Sockets;
  readonly methods: Methods;
}

/** Of all ports of the process. */
const room = new Room(limits.xds.partialBytes, limits.xds.partialWaits);
const memory = new RequestMemory();

/** Serves what connects; the connections that are open. */
export function accept(server: Http2, parts: Acceptance): ReadonlySet<Connection> {
  const { clock, bounds, sockets } = parts;
  const port = new Port(parts);
  const connections = new Set<Connection>();
  server.maxConnections = bounds.connections;
  server.on("session", (session: ServerHttp2Session) => {
    const chance = Math.random();
    const connection = new Connection({ session, clock, bounds, chance, sockets });
    connections.add(connection);
    session.once("close", () => connections.delete(connection));
    session.setLocalWindowSize(bounds.connectionWindowBytes);
    session.on("stream", (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => {
      stream.on("error", () => {});
      if (connection.mayOpen()) port.take(connection, stream, headers);
    });
  });
  return connections;
}

class Port {
  readonly #parts: Acceptance;
  readonly #turns: Turns;
  /** Streams that nobody else bounds the number of. */
  readonly #others = new Set<ServerHttp2Stream>();

  constructor(parts: Acceptance) {
    this.#parts = parts;
    this.#turns = new Turns(parts.clock, parts.bounds.turnMs);
  }

  take(connection: Connection, stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    const { clock, bounds, methods } = this.#parts;
    const request = readRequest(headers);
    const method = request.kind === "call" ? methods.get(request.path) : undefined;
    if (method?.isBounded !== true && !this.#count(stream)) return;
    if (request.kind === "refused") {
      stream.respond(request.headers, { endStream: true });
      letGo(stream, clock, bounds.stopGraceMs);
      return;
    }
    const { peer } = connection;
    const { encoding, path } = request;
    const turns = this.#turns;
    const call = new GrpcCall({ stream, peer, encoding, clock, turns, room, memory, bounds });
    connection.add(call);
    stream.once("close", () => connection.remove(call));
    if (method === undefined) call.end({ code: "unimplemented", message: `no method ${path}` });
    else method.serve(call, connection);
  }

  /** False where there are as many as there may be: the stream is over. */
  #count(stream: ServerHttp2Stream): boolean {
    if (this.#others.size >= this.#parts.bounds.otherStreams) {
      stream.close(constants.NGHTTP2_REFUSED_STREAM);
      return false;
    }
    this.#others.add(stream);
    stream.once("close", () => this.#others.delete(stream));
    return true;
  }
}
