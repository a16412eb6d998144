/**
 * Which kinds of routes may attach to a listener. Namespaces mean nothing here.
 * https://gateway-api.sigs.k8s.io/reference/spec/#allowedroutes
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import type { RouteKind } from "../../model/gateway.ts";
import { type Caution, ignored } from "./cautions.ts";
import type { ListenerProtocol } from "./gateway-tls.ts";
import { listOf, text } from "./leaves.ts";

const allowedKind = z.object({
  group: text(253).optional().describe('Default "gateway.networking.k8s.io".'),
  kind: text(63, 1),
});

// Strict: without a misspelt `kinds` more routes would attach.
export const allowedRoutesSchema = z.strictObject({
  namespaces: z
    .object({
      from: z.enum(["All", "Same", "Selector", "None"]).optional(),
      selector: z.unknown().optional(),
    })
    .optional()
    .describe("Has no effect: names are flat."),
  kinds: listOf(allowedKind, limits.decode.routeKinds, "kinds")
    .optional()
    .describe("HTTPRoute, GRPCRoute, TCPRoute, TLSRoute; default: those of the protocol."),
});

export type AllowedRoutesValue = z.infer<typeof allowedRoutesSchema>;

const gatewayGroup = "gateway.networking.k8s.io";

const routeKinds: ReadonlyMap<string, RouteKind> = new Map([
  ["HTTPRoute", "http"],
  ["GRPCRoute", "grpc"],
  ["TCPRoute", "tcp"],
  ["TLSRoute", "tls"],
]);

const kindsOfProtocol: Readonly<Record<ListenerProtocol, readonly RouteKind[]>> = {
  HTTP: ["http", "grpc"],
  HTTPS: ["http", "grpc"],
  TLS: ["tls", "tcp"],
  TCP: ["tcp"],
};

function routeKind({ group = gatewayGroup, kind }: z.infer<typeof allowedKind>) {
  return group === gatewayGroup ? routeKinds.get(kind) : undefined;
}

/** The kinds of the list that serin has; undefined: no list, so those of the protocol. */
export function allowedRouteKinds({
  kinds = [],
}: AllowedRoutesValue): readonly RouteKind[] | undefined {
  if (kinds.length === 0) return undefined;
  return [...new Set(kinds.flatMap((one) => routeKind(one) ?? []))];
}

/** What of it has no effect, with paths from the object. */
export function allowedRoutesCautions(
  { namespaces, kinds = [] }: AllowedRoutesValue,
  protocol: ListenerProtocol,
): readonly Caution[] {
  const cautions: Caution[] = [];
  if (namespaces?.from === "Selector" || namespaces?.from === "None") {
    const message = "names are flat: routes attach whatever their namespace";
    cautions.push(ignored(["namespaces", "from"], message));
  }
  for (const [index, one] of kinds.entries()) {
    const kind = routeKind(one);
    if (kind !== undefined && kindsOfProtocol[protocol].includes(kind)) continue;
    const message =
      kind === undefined
        ? "serin has no routes of this kind: it is left out"
        : `no ${one.kind} attaches to a listener of ${protocol}`;
    cautions.push(ignored(["kinds", index], message));
  }
  return cautions;
}
