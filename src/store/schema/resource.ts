/** `resources/<gateway or *>/<type>/<name>`: an Envoy resource passed through. */
import { z } from "zod";
import { durationWithin } from "./leaves.ts";

export const typePrefix = "type.googleapis.com/";
const envoy = (message: string): string => `${typePrefix}envoy.${message}`;

/** Names of types in a key; the xDS abbreviations are the same in lower case. */
const typesByName: ReadonlyMap<string, string> = new Map([
  ["listeners", envoy("config.listener.v3.Listener")],
  ["lds", envoy("config.listener.v3.Listener")],
  ["clusters", envoy("config.cluster.v3.Cluster")],
  ["cds", envoy("config.cluster.v3.Cluster")],
  ["routes", envoy("config.route.v3.RouteConfiguration")],
  ["rds", envoy("config.route.v3.RouteConfiguration")],
  ["endpoints", envoy("config.endpoint.v3.ClusterLoadAssignment")],
  ["eds", envoy("config.endpoint.v3.ClusterLoadAssignment")],
  ["secrets", envoy("extensions.transport_sockets.tls.v3.Secret")],
  ["sds", envoy("extensions.transport_sockets.tls.v3.Secret")],
  ["runtimes", envoy("service.runtime.v3.Runtime")],
  ["rtds", envoy("service.runtime.v3.Runtime")],
  ["extension-configs", envoy("config.core.v3.TypedExtensionConfig")],
  ["ecds", envoy("config.core.v3.TypedExtensionConfig")],
  ["scoped-routes", envoy("config.route.v3.ScopedRouteConfiguration")],
  ["srds", envoy("config.route.v3.ScopedRouteConfiguration")],
  ["virtual-hosts", envoy("config.route.v3.VirtualHost")],
  ["vhds", envoy("config.route.v3.VirtualHost")],
]);

export const resourceTypeNames: readonly string[] = [...typesByName.keys()];

/** Type URL of a key's `<type>`: a short name, or a message name such as `envoy.config….Cluster`. */
export function resourceTypeUrl(type: string): string | undefined {
  const known = typesByName.get(type.toLowerCase());
  if (known !== undefined) return known;
  const isMessageName = /^[a-z][a-z0-9_]*(?:\.[a-z][a-z0-9_]*)*\.[A-Z][A-Za-z0-9_]*$/.test(type);
  return isMessageName ? typePrefix + type : undefined;
}

const base64Error = "base64 of a google.protobuf.Any";

export const encodedAny = z
  .string({ error: base64Error })
  .min(1, { error: base64Error })
  .regex(/^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/, {
    error: base64Error,
  });

/** Below a second, heartbeats would be most of what is sent; a timer takes no more than 24 days. */
export const ttl = durationWithin("1s", "24h");

export const resourceSchema = z
  .looseObject({
    "@type": z.string().optional().describe("Type URL; must agree with the key."),
    any: encodedAny
      .optional()
      .describe("An encoded google.protobuf.Any, instead of the message's fields."),
    ttl: ttl
      .optional()
      .describe("Envoys drop it after this long without serin; default: they keep it."),
  })
  .describe("An Envoy resource as proto JSON.");

export type ResourceValue = z.infer<typeof resourceSchema>;
