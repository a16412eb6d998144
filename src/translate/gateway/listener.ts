/** A socket on which selected Envoys listen. */
import type { GatewayListener, RouteDelivery } from "../../model/gateway.ts";
import { encodeAny } from "../../proto/encode.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { anyOf, wrapped } from "../../proto/values.ts";
import { makeResource, type Reference, type Resource } from "../../snapshot/resource.ts";
import { typeUrls } from "../../snapshot/type-url.ts";

export const connectionManagerUrl =
  "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager" as const;

/** The last HTTP filter, without which nothing is routed; gRPC clients demand it as well. */
export const routerFilter = {
  name: "envoy.filters.http.router",
  typed_config: { "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router" },
} as const;

/** What becomes of connections that its match takes. */
export interface Chain {
  readonly message: MessageOf<"envoy.config.listener.v3.FilterChain">;
  /** The route configuration by its name, or as what the scopes of it are told by. */
  readonly routes: { readonly name: string; readonly delivery: RouteDelivery } | undefined;
  readonly needs: readonly Reference[];
  /** Of the objects other than the gateway. */
  readonly origins: readonly string[];
}

export interface ListenerParts {
  readonly name: string;
  readonly at: Pick<GatewayListener, "address" | "port">;
  /** At least one: Envoy refuses a listener without. */
  readonly chains: readonly Chain[];
  /** Whether chains are told apart by the name in the TLS handshake. */
  readonly inspectsTls: boolean;
  readonly origins: readonly string[];
}

export function listenerResource(parts: ListenerParts): Resource {
  const { name, at, chains, inspectsTls, origins } = parts;
  const any = encodeAny("envoy.config.listener.v3.Listener", {
    name,
    address: { socket_address: { address: at.address, port_value: at.port } },
    ...(inspectsTls ? { listener_filters: [tlsInspector] } : {}),
    // Bounds the memory that one slow client can hold.
    per_connection_buffer_limit_bytes: wrapped(32 * 1024),
    filter_chains: chains.map(({ message }) => message),
  });
  return makeResource({
    typeUrl: typeUrls.listener,
    name,
    any,
    references: chains.flatMap(({ routes }) => (routes?.delivery === "whole" ? routes.name : [])),
    needs: unique(chains.flatMap(({ needs }) => needs)),
    // Of port 0 each listener has another one.
    sockets: at.port === 0 ? [] : [socketText(at)],
    origins: [...new Set([...origins, ...chains.flatMap((chain) => chain.origins)])],
  });
}

const tlsInspector = {
  name: "envoy.filters.listener.tls_inspector",
  typed_config: anyOf("envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector", {}),
};

/** As raw listeners have it. */
const socketText = ({ address, port }: ListenerParts["at"]): string =>
  `${address.includes(":") ? `[${address}]` : address}:${port}`;

function unique(references: readonly Reference[]): readonly Reference[] {
  const byKey = new Map(references.map((each) => [`${each.typeUrl} ${each.name}`, each]));
  return [...byKey.values()];
}
