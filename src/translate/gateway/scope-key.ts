/**
 * What scopes are found by. All scoped listeners of an Envoy share one set of scopes (measured: they
 * share the subscription, and each sees every scope), so the host alone would not tell whose it is: the
 * second part of the key is the listener, from a header that the listener itself sets.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/http/http_routing#route-scope
 */
import type {
  HeaderMutation,
  ScopedRouteConfigurationKey,
  ScopedRoutes,
} from "../../proto/messages.ts";
import { adsSource } from "../ads-source.ts";

/** Whatever a client says in it is overwritten; scopes take it away before the request goes on. */
export const scopeHeader = "x-serin-listener";

export const scopesByHost: ScopedRoutes = {
  name: "scopes",
  scope_key_builder: {
    fragments: [
      // Without the port; letters as they come, since Envoy compares keys byte by byte.
      { header_value_extractor: { name: ":authority", element_separator: ":", index: 0 } },
      { header_value_extractor: { name: scopeHeader, index: 0 } },
    ],
  },
  rds_config_source: adsSource,
  scoped_rds: { scoped_rds_config_source: adsSource },
};

export const scopeMark = (routes: string): HeaderMutation => ({
  append: {
    header: { key: scopeHeader, value: routes },
    append_action: "OVERWRITE_IF_EXISTS_OR_ADD",
  },
});

export const scopeKey = (host: string, routes: string): ScopedRouteConfigurationKey => ({
  fragments: [{ string_key: host }, { string_key: routes }],
});
