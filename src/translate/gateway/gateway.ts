/** A gateway's listeners and their route configurations, socket by socket. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { sameElements } from "../equal.ts";
import type { Edge } from "../lane/edge.ts";
import type { ServiceHosts } from "./attach.ts";
import type { TranslatedSecrets } from "./secret.ts";
import type { SharedHosts } from "./shared-hosts.ts";
import { type TranslatedSocket, translateSocket } from "./socket.ts";
import { type GatewaySockets, socketsOf } from "./sockets.ts";
import type { TranslatedStreamRoute } from "./stream-route.ts";

export interface TranslatedGateway {
  readonly gateway: Gateway;
  readonly edge: Edge;
  readonly plan: GatewaySockets;
  readonly sockets: readonly TranslatedSocket[];
  /** Listeners, each with its route configurations, in the order of the sockets. */
  readonly resources: readonly Resource[];
  /** The same for Envoys with the layer `weights`. */
  readonly layered: readonly Resource[];
  readonly diagnostics: readonly Diagnostic[];
}

/** What a gateway is translated with. All keep their identity as long as nothing in them changes. */
export interface Surroundings {
  readonly services: ServiceHosts;
  readonly hosts: SharedHosts;
  readonly streams: readonly TranslatedStreamRoute[];
  readonly secrets: TranslatedSecrets;
  readonly edge: Edge;
}

/** `before`: the translation of the same gateway last time, whose unchanged parts are kept. */
export function translateGateway(
  gateway: Gateway,
  around: Surroundings,
  before: TranslatedGateway | undefined,
): TranslatedGateway {
  const same = before?.gateway === gateway ? before : undefined;
  const plan = same?.plan ?? socketsOf(gateway);
  const sockets = plan.sockets.map((socket, i) =>
    translateSocket(gateway, socket, around, same?.sockets[i]),
  );
  const unknown = unknownServices(gateway, around.services);
  const diagnostics = [
    ...plan.diagnostics,
    ...unknown,
    ...sockets.flatMap((socket) => socket.diagnostics),
  ];
  if (same !== undefined && sameElements(same.sockets, sockets)) {
    return { ...same, edge: around.edge, diagnostics };
  }
  return {
    gateway,
    edge: around.edge,
    plan,
    sockets,
    resources: sockets.flatMap((socket) => socket.resources),
    layered: sockets.flatMap((socket) => socket.layered),
    diagnostics,
  };
}

/** Names in the lists of listeners that are of no service. */
const unknownServices = (gateway: Gateway, hosts: ServiceHosts): readonly Diagnostic[] =>
  gateway.listeners.flatMap(({ services }, index) =>
    typeof services === "string"
      ? []
      : services
          .filter((name) => hosts.get(name.toLowerCase())?.routing.service !== name)
          .map((name) => ({
            severity: "warning",
            code: "REFERENCE_MISSING",
            key: gateway.origin,
            revision: 0n,
            path: `listeners[${index}].services`,
            message: `no service ${name}`,
          })),
  );
