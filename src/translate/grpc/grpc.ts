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
import { unavailableName } from "../names.ts";
import type { PlannedMatch } from "../route/encoded-match.ts";
import type { EncodedRoute } from "../route/envoy-route.ts";
import { anyHost } from "../route/hostname.ts";
import type { TranslatedMatch } from "../route/route.ts";
import { routeConfigurationResource } from "../route/route-configuration.ts";
import { virtualHost } from "../route/virtual-host.ts";
import { grpcPlans } from "./grpc-plans.ts";
import { grpcRoute } from "./grpc-route.ts";
import { stickyName } from "./sticky-split.ts";

/** Where no route is attached; `match`: the split of the service. */
export const grpcSplitRoutes = (
  service: ServiceName,
  match: PlannedMatch,
  origins: readonly string[],
): Resource => {
  const context = { found: match.found, stickyName: () => unavailableName };
  const routes = grpcPlans(match).flatMap((plan) => grpcRoute(plan, context) ?? []);
  return routeConfigurationResource(service, [virtualHost(anyHost, routes)], origins);
};

const encoded = new WeakMap<TranslatedMatch, readonly EncodedRoute[]>();

/** The same objects for the same match. */
function encodedMatch(match: TranslatedMatch): readonly EncodedRoute[] {
  const known = encoded.get(match);
  if (known !== undefined) return known;
  const { found, placed } = match;
  const context = {
    found,
    stickyName: (plan: Parameters<typeof stickyName>[1]) => stickyName(placed.route, plan),
  };
  const made = grpcPlans(match).flatMap((plan) => grpcRoute(plan, context) ?? []);
  encoded.set(match, made);
  return made;
}

/** `matches`: in the order in which they are tried. A call that none of them takes fails. */
export function grpcRoutes(
  service: ServiceName,
  matches: readonly TranslatedMatch[],
  origins: readonly string[],
): Resource {
  const routes = matches.flatMap(encodedMatch);
  const owners = [...new Set(matches.map(({ origin }) => origin))].sort();
  return routeConfigurationResource(service, [virtualHost(anyHost, routes, owners)], origins);
}

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
