/** Virtual hosts, encoded once and spliced into every route configuration that has them. */
import { encodeMessage } from "../../proto/encode.ts";
import { withElements } from "../splice.ts";
import type { EncodedRoute } from "./envoy-route.ts";

/** An encoded VirtualHost; its domain is also its name, so both are unique where one is. */
export interface EncodedVirtualHost {
  readonly domain: string;
  readonly bytes: Uint8Array;
  /** For Envoys with the layer `weights`; left out where it is the same. */
  readonly layered?: Uint8Array;
  /** Names of the clusters its routes lead to. */
  readonly clusters: readonly string[];
  /** Store keys of the route objects it was made from. */
  readonly origins: readonly string[];
}

/** Number of `VirtualHost.routes`. */
const routesField = 3;

export function virtualHost(
  domain: string,
  routes: readonly EncodedRoute[],
  origins: readonly string[] = [],
): EncodedVirtualHost {
  const head = encodeMessage("envoy.config.route.v3.VirtualHost", {
    name: domain,
    domains: [domain],
  });
  const whole = (encoded: readonly Uint8Array[]) => withElements(head, routesField, encoded);
  const isLayered = routes.some(({ layered }) => layered !== undefined);
  return {
    domain,
    bytes: whole(routes.map(({ bytes }) => bytes)),
    ...(isLayered ? { layered: whole(routes.map(({ bytes, layered }) => layered ?? bytes)) } : {}),
    clusters: routes.flatMap(({ clusters }) => clusters),
    origins,
  };
}
