/**
 * The xDS services on grpc-js: aggregated and one per type, state of the world and delta, on one
 * port. Messages cross this layer as bytes.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#streaming-grpc-subscriptions
 */
import {
  logVerbosity,
  Server,
  ServerCredentials,
  type ServerDuplexStream,
  type ServiceDefinition,
  setLogVerbosity,
  status,
} from "@grpc/grpc-js";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import { type EndReason, reasons } from "./end-reason.ts";
import type { Hub } from "./hub.ts";
import { type XdsService, xdsServices } from "./server-services.ts";
import type { Variant } from "./stream-state.ts";

/** An address; port 0 stands for any that is free. */
export interface XdsListen {
  readonly host: string;
  readonly port: number;
}

export interface XdsServer {
  readonly address: XdsListen;
  /** Ends streams one by one, then stops; resolves when all is closed, or after the grace. */
  drain(): Promise<void>;
  /** Closes at once. */
  close(): void;
}

type Bytes = Buffer;
type Call = ServerDuplexStream<Bytes, Bytes>;

const same = (bytes: Bytes): Bytes => bytes;

function definition(service: XdsService): ServiceDefinition {
  const method = (name: string): ServiceDefinition[string] => ({
    path: `/${service.name}/${name}`,
    requestStream: true,
    responseStream: true,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  });
  return Object.fromEntries(service.methods.map(({ name }) => [name, method(name)]));
}

/** Starts to listen; a failure names the address and the reason. */
export async function startXdsServer(
  hub: Hub,
  listen: XdsListen,
  credentials: ServerCredentials = ServerCredentials.createInsecure(),
): Promise<Result<XdsServer, string>> {
  // Its own lines are not JSON, and what they tell comes back as an error all the same.
  if (!grpcLogAsked()) setLogVerbosity(logVerbosity.NONE);
  const server = new Server({
    "grpc.max_receive_message_length": limits.xds.requestBytes,
    "grpc.keepalive_time_ms": limits.xds.keepAliveTimeMs,
    "grpc.keepalive_timeout_ms": limits.xds.keepAliveTimeoutMs,
    "grpc.max_concurrent_streams": limits.xds.streams,
  });
  for (const service of xdsServices) {
    const calls = service.methods.map(({ name, variant }) => {
      const begin = (call: Call): void => serve(hub, call, variant, service.onlyType);
      return [name, begin] as const;
    });
    server.addService(definition(service), Object.fromEntries(calls));
  }
  const host = listen.host.includes(":") ? `[${listen.host}]` : listen.host;
  const bound = await bind(server, `${host}:${listen.port}`, credentials);
  if (!bound.ok) return bound;
  return ok({
    address: { host: listen.host, port: bound.value },
    drain: () => drain(hub, server),
    close: () => {
      hub.close();
      server.forceShutdown();
    },
  });
}

const grpcLogAsked = (): boolean =>
  ["GRPC_VERBOSITY", "GRPC_NODE_VERBOSITY"].some((name) => process.env[name] !== undefined);

function bind(
  server: Server,
  address: string,
  credentials: ServerCredentials,
): Promise<Result<number, string>> {
  return new Promise((resolve) => {
    server.bindAsync(address, credentials, (error, port) => {
      if (error === null) resolve(ok(port));
      else resolve(err(`cannot listen for xDS on ${address}: ${bindReason(error.message)}`));
    });
  });
}

/** gRPC counts addresses, and puts the system's own words in brackets after that. */
const bindReason = (message: string): string => / errors: \[(.+)\]$/.exec(message)?.[1] ?? message;

function serve(hub: Hub, call: Call, variant: Variant, onlyType: TypeUrl | undefined): void {
  const wire = {
    peer: call.getPeer(),
    // What `call.write` returns is of no use: it says "go on" until 16 messages are buffered.
    write: (bytes: Uint8Array) => {
      call.write(asBuffer(bytes), () => stream?.drained());
      return false;
    },
    end: (reason: EndReason) => {
      if (reason.code === "ok") call.end();
      else call.emit("error", { code: grpcCode[reason.code], details: reason.message });
    },
  };
  const stream = hub.open(wire, { variant, onlyType });
  if (stream === undefined) return;
  call.on("data", (bytes: Bytes) => stream.receive(bytes));
  call.on("end", () => stream.end(reasons.clientEnded));
  call.on("cancelled", () => stream.closed(reasons.cancelled));
  call.on("error", () => stream.closed(reasons.cancelled));
}

const asBuffer = (bytes: Uint8Array): Buffer =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const grpcCode = {
  invalid_argument: status.INVALID_ARGUMENT,
  resource_exhausted: status.RESOURCE_EXHAUSTED,
  unimplemented: status.UNIMPLEMENTED,
  unavailable: status.UNAVAILABLE,
  internal: status.INTERNAL,
} as const;

function drain(hub: Hub, server: Server): Promise<void> {
  hub.drain(limits.xds.drainMs);
  return new Promise((resolve) => {
    const cancelForce = hub.clock.after(limits.xds.drainMs + limits.xds.stopGraceMs, () => {
      hub.close();
      server.forceShutdown();
      resolve();
    });
    server.tryShutdown(() => {
      cancelForce();
      hub.close();
      resolve();
    });
  });
}
