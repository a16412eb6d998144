/**
 * The xDS port on node's own HTTP/2: aggregated services and one per type, state of the world and
 * delta, load reports, and gRPC's health service. Messages cross this layer as bytes, in frames that
 * all streams share.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#streaming-grpc-subscriptions
 */
import { createSecureServer, createServer, type ServerOptions } from "node:http2";
import type { HostPort, XdsTlsFiles } from "../../config/config.ts";
import { limits } from "../../config/limits.ts";
import { readTls, type TlsContext, watchTls } from "../../config/tls.ts";
import type { Clock } from "../../lib/clock.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { Hub } from "../hub.ts";
import { loadService, statusService } from "../server-services.ts";
import { accept } from "./accept.ts";
import { boundsWith, type WireBounds } from "./bounds.ts";
import {
  ClientStatus,
  type ClientStatusOptions,
  type StatusAnswered,
  type StatusFailure,
} from "./client-status.ts";
import type { Connection } from "./connection.ts";
import { Health } from "./health.ts";
import { methodsOver } from "./methods.ts";
import { type Http2, Sockets } from "./sockets.ts";

export interface XdsListener {
  readonly address: HostPort;
  /** How long its streams may take to end, ms. */
  readonly drainMs: number;
  /**
   * Lets nobody in any more, and resolves when all are gone. Their streams are the hub's to end,
   * within `overMs`; a grace after that, whoever is left is cut off.
   */
  drain(overMs: number): Promise<void>;
  /** Cuts all off at once. */
  close(): void;
}

/** How an address is listened at; all of it may be left out. */
export interface ListenOptions {
  /** Default: no TLS. */
  readonly tls?: XdsTlsFiles;
  readonly bounds?: Partial<WireBounds>;
  readonly observer?: ListenObserver;
  /** Default: what proxies run is told to nobody. */
  readonly clientStatus?: ClientStatusOptions;
}

/** What does not belong to a stream. */
export interface ListenObserver {
  /** The files have changed: they are in use for new connections, or the old ones stay. */
  certificates(read: Result<{ readonly notAfter: string }, string>): void;
  /** A connection did not come about. */
  refused(peer: string, reason: string): void;
  /** Somebody asked what proxies run who may not, or asked wrongly, or was not answered. */
  statusFailed?(failure: StatusFailure): void;
  /** Somebody who may ask was answered. */
  statusAnswered?(answer: StatusAnswered): void;
}

/** Starts to listen; a failure names the address or the file, and the reason. */
export async function listenXds(
  hub: Hub,
  listen: HostPort,
  options: ListenOptions = {},
): Promise<Result<XdsListener, string>> {
  const bounds = boundsWith(options.bounds);
  const tls = options.tls && (await readTls(options.tls));
  if (tls?.ok === false) return err(`TLS for xDS: ${tls.error}`);
  const server = createHttp2(bounds, tls?.value, options.tls?.clientCaFile !== undefined);
  const status = statusOver(hub, options);
  const health = new Health(bounds.watches, [
    ...(hub.loads === undefined ? [] : [loadService]),
    ...(status === undefined ? [] : [statusService]),
  ]);
  const sockets = new Sockets(server);
  const connections = accept(server, {
    clock: hub.clock,
    bounds,
    sockets,
    methods: methodsOver(hub, health, status),
  });
  observe(server, options.observer);
  const bound = await bind(server, listen);
  if (!bound.ok) return bound;
  const stopWatch = tls === undefined ? () => {} : follow(server, hub, bounds, options, tls.value);
  const endCalls = (): void => {
    health.close();
    status?.close();
  };
  const close = (): void => {
    stopWatch();
    endCalls();
    server.close();
    for (const connection of connections) connection.destroy();
    sockets.cutAll();
  };
  return ok({
    address: { host: listen.host, port: bound.value },
    drainMs: bounds.drainMs,
    drain: (overMs) => {
      health.drain();
      const { clock } = hub;
      return drain({ clock, server, bounds, connections, sockets, endCalls, close }, overMs);
    },
    close,
  });
}

function statusOver(hub: Hub, options: ListenOptions): ClientStatus | undefined {
  const { clientStatus, observer } = options;
  if (clientStatus === undefined) return undefined;
  return new ClientStatus({
    ...clientStatus,
    clock: hub.clock,
    streams: hub.streams,
    answered: (answer) => observer?.statusAnswered?.(answer),
    failed: (failure) => observer?.statusFailed?.(failure),
  });
}

function createHttp2(bounds: WireBounds, tls: TlsContext | undefined, askForCertificate: boolean) {
  const options: ServerOptions = {
    maxSessionMemory: bounds.connectionMemoryMb,
    settings: {
      enablePush: false,
      initialWindowSize: bounds.streamWindowBytes,
      maxConcurrentStreams: bounds.streamsPerConnection,
      maxHeaderListSize: bounds.headerBytes,
    },
  };
  if (tls === undefined) return createServer(options);
  return createSecureServer({
    ...options,
    ...tls.options,
    allowHTTP1: false,
    ALPNProtocols: ["h2"],
    handshakeTimeout: bounds.handshakeMs,
    requestCert: askForCertificate,
    rejectUnauthorized: askForCertificate,
  });
}

function observe(server: Http2, observer: ListenObserver | undefined): void {
  // Whatever goes wrong with one connection, the server goes on.
  server.on("error", (error) => observer?.refused("unknown", error.message));
  server.on("sessionError", () => {});
  server.on("drop", (drop) => {
    observer?.refused(drop?.remoteAddress ?? "unknown", "as many connections as there may be");
  });
  server.on("tlsClientError", (error, socket) => {
    observer?.refused(socket.remoteAddress ?? "unknown", error.message);
  });
}

function bind(server: Http2, { host, port }: HostPort): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    const failed = (error: Error): void => {
      resolve(err(`cannot listen for xDS on ${host}:${port}: ${error.message}`));
    };
    server.once("error", failed);
    server.listen({ port, host, backlog: limits.xds.backlog }, () => {
      server.off("error", failed);
      const address = server.address();
      resolve(ok(typeof address === "object" && address !== null ? address.port : port));
    });
  });
}

function follow(
  server: Http2,
  hub: Hub,
  bounds: WireBounds,
  options: ListenOptions,
  first: TlsContext,
): () => void {
  const { tls: files, observer } = options;
  if (files === undefined || !("setSecureContext" in server)) return () => {};
  const onChange = (read: Result<TlsContext, string>): void => {
    if (read.ok) server.setSecureContext(read.value.options);
    observer?.certificates(read.ok ? ok({ notAfter: read.value.notAfter }) : read);
  };
  return watchTls({ files, clock: hub.clock, everyMs: bounds.certificateReadMs, onChange }, first);
}

interface Drainable {
  readonly clock: Clock;
  readonly server: Http2;
  readonly bounds: WireBounds;
  readonly connections: ReadonlySet<Connection>;
  readonly sockets: Sockets;
  /** Of those who ask for something else than resources. */
  endCalls(): void;
  close(): void;
}

/** GOAWAY at once, so that nothing new comes. */
function drain(parts: Drainable, overMs: number): Promise<void> {
  const { clock, server, bounds, connections, sockets, endCalls, close } = parts;
  return new Promise((resolve) => {
    const cancelCalls = clock.after(overMs, endCalls);
    const cancelForce = clock.after(overMs + bounds.stopGraceMs, () => {
      for (const connection of connections) connection.destroy();
      sockets.cutAll();
    });
    // Called when the last socket is closed.
    server.close(async () => {
      await Promise.all([...connections].map(({ closed }) => closed));
      cancelCalls();
      cancelForce();
      close();
      resolve();
    });
    for (const connection of connections) connection.goAway();
    sockets.cutUnserved();
  });
}
