/** A checked Gateway spec → the gateway of the model. */
import { assert } from "../../lib/assert.ts";
import {
  type Gateway,
  type GatewayListener,
  type ListenerTls,
  plainListener,
} from "../../model/gateway.ts";
import type { ListenerName, SecretName, ServiceName } from "../../model/names.ts";
import { parseIp } from "../schema/address.ts";
import { allowedRouteKinds } from "../schema/allowed-routes.ts";
import { type GatewayValue, gatewayAddress } from "../schema/gateway.ts";
import type { ListenerTlsValue } from "../schema/gateway-tls.ts";
import type { Content, KeyOf } from "./content.ts";
import { sortedMap } from "./sorted-map.ts";

export function toGateway(
  value: GatewayValue,
  key: KeyOf<"gateways">,
  origin: string,
  createRevision: bigint,
): Content {
  const { id, cluster, metadata } = value.nodeSelector ?? {};
  const host = gatewayAddress(value)?.host ?? plainListener.address;
  const gateway: Gateway = {
    name: key.gateway,
    nodeSelector: { id, cluster, metadata: sortedMap(metadata ?? {}) },
    listeners: value.listeners.map((listener) => toListener(listener, host)),
    origin,
    createRevision,
  };
  return { kind: "gateway", gateway };
}

type ListenerValue = GatewayValue["listeners"][number];

const toListener = (listener: ListenerValue, host: string): GatewayListener => ({
  name: listener.name as ListenerName,
  address: spelling(listener.address ?? host),
  port: listener.port,
  protocol: listener.protocol ?? plainListener.protocol,
  hostname: listener.hostname === "*" ? undefined : listener.hostname?.toLowerCase(),
  tls: listener.tls && toListenerTls(listener.tls),
  allowedKinds: allowedRouteKinds(listener.allowedRoutes ?? {}),
  services: toServices(listener.services ?? "All"),
  routeDelivery: listener.routeDelivery === "Scoped" ? "scoped" : plainListener.routeDelivery,
});

function spelling(address: string): string {
  const ip = parseIp(address);
  assert(ip.ok, "the schema has looked at the address");
  return ip.value;
}

function toListenerTls({
  mode,
  certificateRefs,
  frontendValidation,
}: ListenerTlsValue): ListenerTls {
  if (mode === "Passthrough") return { mode: "passthrough" };
  const names = new Set((certificateRefs ?? []).map(({ name }) => name as SecretName));
  const clientCa = frontendValidation?.caCertificateRefs[0]?.name;
  return {
    mode: "terminate",
    certificates: [...names],
    clientCa: clientCa as SecretName | undefined,
  };
}

function toServices(services: NonNullable<ListenerValue["services"]>): GatewayListener["services"] {
  if (services === "All") return "all";
  return services === "None" ? "none" : ([...new Set(services)] as ServiceName[]);
}
