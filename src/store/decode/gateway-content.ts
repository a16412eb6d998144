/** A checked Gateway spec → the gateway of the model. */
import type { Gateway } from "../../model/gateway.ts";
import type { ListenerName } from "../../model/names.ts";
import type { GatewayValue } from "../schema/gateway.ts";
import type { Content, KeyOf } from "./content.ts";
import { sortedMap } from "./sorted-map.ts";

export function toGateway(value: GatewayValue, key: KeyOf<"gateways">, origin: string): Content {
  const { id, cluster, metadata } = value.nodeSelector ?? {};
  const gateway: Gateway = {
    name: key.gateway,
    nodeSelector: { id, cluster, metadata: sortedMap(metadata ?? {}) },
    listeners: value.listeners.map((listener) => ({
      name: listener.name as ListenerName,
      address: listener.address ?? "0.0.0.0",
      port: listener.port,
      protocol: "HTTP",
      hostname: listener.hostname === "*" ? undefined : listener.hostname?.toLowerCase(),
      tls: undefined,
      allowedKinds: undefined,
      services: "all",
    })),
    origin,
  };
  return { kind: "gateway", gateway };
}
