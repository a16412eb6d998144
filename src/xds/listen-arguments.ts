/** What `listen` is called with, checked: a wrong one would listen somewhere else, or everywhere. */
import type { HostPort } from "../config/config.ts";
import { badArgument, checkOptions, checkText, isObject } from "../lib/bad-argument.ts";
import type { WireBounds } from "./server/bounds.ts";
import type { ListenOptions } from "./server/listen.ts";

const boundNames = Object.keys({
  requestBytes: true,
  connections: true,
  streamsPerConnection: true,
  streamBurst: true,
  streamsPerSecond: true,
  headerBytes: true,
  streamWindowBytes: true,
  connectionWindowBytes: true,
  connectionMemoryMb: true,
  turnMs: true,
  requestsPerTurn: true,
  requestBytesPerTurn: true,
  keepAliveTimeMs: true,
  keepAliveTimeoutMs: true,
  handshakeMs: true,
  idleConnectionMs: true,
  connectionAgeMs: true,
  connectionAgeJitter: true,
  connectionAgeGraceMs: true,
  certificateReadMs: true,
  drainMs: true,
  stopGraceMs: true,
} satisfies Record<keyof WireBounds, true>);

/** Throws a TypeError that says what is wrong. */
export function checkListen(listen: HostPort, options: ListenOptions): void {
  if (!isObject(listen)) throw badArgument("listen", "{ host, port }", listen);
  const { host, port } = listen;
  checkText("listen: host", host);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) {
    throw badArgument("listen: port", "a whole number from 0 to 65535", port);
  }
  checkOptions("listen", options, ["tls", "bounds", "observer"]);
  const { tls, bounds = {} } = options;
  checkOptions("listen: bounds", bounds, boundNames);
  for (const [name, value] of Object.entries(bounds)) {
    if (Number.isFinite(value) && value >= 0) continue;
    throw badArgument(`listen: bounds: ${name}`, "a number, 0 or more", value);
  }
  if (tls === undefined) return;
  checkOptions("listen: tls", tls, ["certFile", "keyFile", "clientCaFile"]);
  checkText("listen: tls: certFile", tls.certFile);
  checkText("listen: tls: keyFile", tls.keyFile);
  if (tls.clientCaFile !== undefined) checkText("listen: tls: clientCaFile", tls.clientCaFile);
}
