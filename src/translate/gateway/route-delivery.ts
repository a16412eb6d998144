/**
 * Whether routes go whole or in scopes. Listeners of HTTP that share a socket share one connection
 * manager, which does the one or the other: scopes only where all of them want it, because Whole
 * serves every host.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway, RouteDelivery } from "../../model/gateway.ts";
import type { Socket, SocketListener } from "./sockets.ts";

export const deliveryOf = (listeners: readonly SocketListener[]): RouteDelivery =>
  listeners.every(({ listener }) => listener.routeDelivery === "scoped") ? "scoped" : "whole";

export function deliveryDiagnostics(
  gateway: Gateway,
  { kind, listeners }: Socket,
): readonly Diagnostic[] {
  if (kind !== "http") return [];
  const whole = listeners.find(({ listener }) => listener.routeDelivery === "whole");
  if (whole === undefined) return [];
  return listeners
    .filter(({ listener }) => listener.routeDelivery === "scoped")
    .map(({ index }) => ({
      severity: "warning",
      code: "LISTENER_CLASH",
      key: gateway.origin,
      revision: 0n,
      path: `listeners[${index}].routeDelivery`,
      message: `listener ${whole.listener.name} has the same socket and is Whole: this is Whole as well`,
    }));
}
