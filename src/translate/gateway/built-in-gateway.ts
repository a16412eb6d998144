import { type Gateway, plainListener } from "../../model/gateway.ts";
import type { GatewayName, ListenerName } from "../../model/names.ts";

/** The gateway `default` of every node that no gateway object selects: one HTTP listener. */
export const builtInGateway = (at: { readonly host: string; readonly port: number }): Gateway => ({
  name: "default" as GatewayName,
  nodeSelector: { id: undefined, cluster: undefined, metadata: new Map() },
  listeners: [
    {
      ...plainListener,
      name: "http" as ListenerName,
      address: at.host,
      port: at.port,
    },
  ],
  origin: "",
  createRevision: 0n,
});
