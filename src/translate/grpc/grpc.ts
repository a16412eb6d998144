/**
 * What a proxyless gRPC client asks for by name, as `xds:///<service>`: a listener without a socket,
 * and a route configuration that takes every authority.
 * https://github.com/grpc/proposal/blob/master/A27-xds-global-load-balancing.md
 */
import type { ServiceName } from "../../model/names.ts";
import { encodeAny } from "../../proto/encode.ts";
import { makeResource, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";
import { adsSource } from "../ads-source.ts";
import { connectionManagerUrl, routerFilter } from "../gateway/listener.ts";
import { noEdge } from "../lane/edge.ts";
import { type PlannedMatch, plansAt } from "../route/encoded-match.ts";
import { envoyRoutes } from "../route/envoy-route.ts";
import { anyHost } from "../route/hostname.ts";
import { routeConfigurationResource } from "../route/route-configuration.ts";
import { virtualHost } from "../route/virtual-host.ts";

/** `match`: the split of the service. */
export const grpcRoutes = (
  service: ServiceName,
  match: PlannedMatch,
  origins: readonly string[],
): Resource => {
  const routes = plansAt(match, noEdge).flatMap((plan) => envoyRoutes(plan, anywhere));
  return routeConfigurationResource(service, [virtualHost(anyHost, routes)], origins);
};

const anywhere = { scheme: "http", port: 0 } as const;

export function grpcListener(service: ServiceName, origins: readonly string[]): Resource {
  const any = encodeAny("envoy.config.listener.v3.Listener", {
    name: service,
    api_listener: {
      api_listener: {
        "@type": connectionManagerUrl,
        stat_prefix: service,
        rds: { config_source: adsSource, route_config_name: service },
        http_filters: [routerFilter],
      },
    },
  });
  return makeResource({
    typeUrl: typeUrls.listener,
    name: service,
    any,
    wildcard: false,
    references: [service],
    origins,
  });
}
