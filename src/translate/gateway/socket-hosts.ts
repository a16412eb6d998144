/**
 * The virtual hosts of one route configuration: those of the listeners behind it, and for hostnames
 * that are set apart a host of their own, so that no wider wildcard takes their requests.
 * https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec (listener isolation)
 */
import { compareText } from "../../lib/compare-text.ts";
import { encodeMessage } from "../../proto/encode.ts";
import { sameElements } from "../equal.ts";
import type { EncodedRoute } from "../route/envoy-route.ts";
import { type EncodedVirtualHost, virtualHost } from "../route/virtual-host.ts";

export interface SocketHosts {
  readonly lists: readonly (readonly EncodedVirtualHost[])[];
  readonly reserved: readonly string[];
  /** Sorted by domain. */
  readonly virtualHosts: readonly EncodedVirtualHost[];
}

/**
 * `lists` have no domain in common. `status`: the answer of a reserved host that has no routes, 404
 * or 421 (another connection is meant).
 */
export function socketHosts(
  lists: SocketHosts["lists"],
  reserved: readonly string[],
  status: 404 | 421,
  before: SocketHosts | undefined,
): SocketHosts {
  const same = before !== undefined && sameElements(before.reserved, reserved);
  if (same && sameElements(before.lists, lists)) return before;
  const [only] = lists;
  if (lists.length === 1 && only !== undefined && reserved.length === 0) {
    return { lists, reserved, virtualHosts: only };
  }
  const hosts = lists.flat();
  const known = new Set(hosts.map(({ domain }) => domain));
  for (const domain of reserved) {
    if (!known.has(domain)) hosts.push(virtualHost(domain, status === 421 ? [misdirected()] : []));
  }
  const virtualHosts = hosts.sort((a, b) => compareText(a.domain, b.domain));
  return { lists, reserved, virtualHosts };
}

/** https://www.rfc-editor.org/rfc/rfc9110#name-421-misdirected-request */
const misdirected = (): EncodedRoute => ({
  bytes: encodeMessage("envoy.config.route.v3.Route", {
    match: { prefix: "/" },
    direct_response: { status: 421 },
  }),
  clusters: [],
});
