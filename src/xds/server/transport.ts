/**
 * Which of the two transports a server listens with: node's own HTTP/2, unless the environment asks
 * for grpc-js, to compare them in measurements.
 */
import type { HostPort } from "../../config/config.ts";
import type { Result } from "../../lib/result.ts";
import type { Hub } from "../hub.ts";
import { startXdsServer } from "../server.ts";
import { type ListenOptions, listenXds, type XdsListener } from "./listen.ts";

export function openTransport(
  hub: Hub,
  listen: HostPort,
  options: ListenOptions,
): Promise<Result<XdsListener, string>> {
  if (process.env["SERIN_XDS_TRANSPORT"] === "grpc-js") return startXdsServer(hub, listen);
  return listenXds(hub, listen, options);
}
