/**
 * Which sockets listeners want. Envoy has one listener for each, and rejects the other again and
 * again; so the second one is left out here, where it can be said which and why.
 */
import { ipSpelling } from "../../lib/ip-spelling.ts";
import type { Gateway, GatewayListener } from "../../model/gateway.ts";
import { boolAt, field, fieldAt, list, texts } from "./plain-form.ts";

/** Of a listener in plain form. Empty where the kernel chooses the port, or nothing is bound. */
export function socketsIn(listener: unknown): readonly string[] {
  const isBound = boolAt(listener, "bind_to_port") ?? true;
  const isBoundOld = boolAt(listener, "deprecated_v1", "bind_to_port") ?? true;
  if (!isBound || !isBoundOld) return [];
  const more = list(field(listener, "additional_addresses"));
  const addresses = [field(listener, "address"), ...more.map((each) => field(each, "address"))];
  return addresses.flatMap(socketOf);
}

function socketOf(address: unknown): readonly string[] {
  const socket = field(address, "socket_address");
  const port = field(socket, "port_value");
  if (typeof port !== "number" || port === 0) {
    return texts(fieldAt(address, "pipe", "path")).map((path) => `pipe ${path}`);
  }
  const at = socketAt(String(field(socket, "address") ?? ""), port);
  return [field(socket, "protocol") === "UDP" ? `udp ${at}` : at];
}

/** One text for one socket, however its address is spelt. */
function socketAt(address: string, port: number): string {
  const ip = ipSpelling(address) ?? address;
  return `${ip.includes(":") ? `[${ip}]` : ip}:${port}`;
}

/** Those of the generated listeners, which have one for several hostnames. */
export const gatewaySockets = ({ listeners }: Gateway): readonly string[] =>
  listeners.filter(({ port }) => port !== 0).map(socketOfListener);

const socketOfListener = ({ address, port }: GatewayListener): string => socketAt(address, port);
