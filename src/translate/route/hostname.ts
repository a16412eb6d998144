/**
 * Hostnames as the Gateway API compares them: exact, `*.suffix` for one or more labels before the
 * suffix, `*` for every host.
 * https://gateway-api.sigs.k8s.io/reference/spec/#hostname
 */

/** The domain of Envoy, and the hostname here, that takes every host. */
export const anyHost = "*";

/**
 * Hosts that both `a` and `b` take; undefined where there are none. Of two hostnames that overlap,
 * one always lies within the other.
 */
export function intersectHostnames(a: string, b: string): string | undefined {
  if (covers(a, b)) return b;
  return covers(b, a) ? a : undefined;
}

/**
 * Sort key, largest first: an exact hostname before a wildcard, then the longer one.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec (hostnames)
 */
export function hostnameRank(hostname: string): number {
  if (hostname === anyHost) return 0;
  return hostname.startsWith("*") ? hostname.length : longestHostname + hostname.length;
}

const longestHostname = 1_000;

/** Whether every host of `inner` is one of `outer`. */
function covers(outer: string, inner: string): boolean {
  if (outer === anyHost || outer === inner) return true;
  return outer.startsWith("*.") && inner.length >= outer.length && inner.endsWith(outer.slice(1));
}
