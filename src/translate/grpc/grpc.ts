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
import { anyHost } from "../route/hostname.ts";
import { routeConfigurationResource } from "../route/route-configuration.ts";
import { type EncodedRoute, virtualHost } from "../route/virtual-host.ts";

/** `route`: to the split of the service. */
export const grpcRoutes = (
  service: ServiceName,
  route: EncodedRoute,
  origins: readonly string[],
): Resource => routeConfigurationResource(service, [virtualHost(anyHost, [route])], origins);

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
