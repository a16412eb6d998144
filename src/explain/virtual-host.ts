/**
 * Which virtual host answers: an exact domain, then the longest `*suffix`, then the longest
 * `prefix*`, then `*`; letters of any case.
 * https://www.envoyproxy.io/docs/envoy/latest/api-v3/config/route/v3/route_components.proto#config-route-v3-virtualhost
 */
import type { RouteConfiguration, VirtualHost } from "../proto/messages.ts";
import { bytesOf, lowerAscii } from "./request.ts";

export interface FoundHost {
  readonly virtualHost: VirtualHost;
  /** Which of its domains the host fits. */
  readonly domain: string;
}

export function findVirtualHost(
  configuration: RouteConfiguration,
  authority: string,
): FoundHost | undefined {
  const ignorePort = configuration.ignore_port_in_host_matching === true;
  const host = lowerAscii(ignorePort ? withoutPort(authority) : authority);
  let best: { readonly found: FoundHost; readonly rank: number } | undefined;
  for (const virtualHost of configuration.virtual_hosts ?? []) {
    for (const domain of virtualHost.domains ?? []) {
      const rank = rankOf(lowerAscii(bytesOf(domain)), host);
      if (rank > (best?.rank ?? 0)) best = { found: { virtualHost, domain }, rank };
    }
  }
  return best?.found;
}

/** Longer than any host. */
const kind = 1_000_000;

export const fitsDomain = (domain: string, authority: string): boolean =>
  rankOf(lowerAscii(bytesOf(domain)), lowerAscii(withoutPort(bytesOf(authority)))) > 0;

/** The largest is taken; 0: the domain is not for this host. */
function rankOf(domain: string, host: string): number {
  if (domain === "*") return 1;
  if (domain === host) return 3 * kind;
  // `*.a` is not for `.a`: the star stands for something.
  if (host.length < domain.length) return 0;
  if (domain.startsWith("*")) return host.endsWith(domain.slice(1)) ? 2 * kind + domain.length : 0;
  const isPrefix = domain.endsWith("*") && host.startsWith(domain.slice(0, -1));
  return isPrefix ? kind + domain.length : 0;
}

/** An address of IPv6 stands in brackets, and its colons are no port's. */
export const withoutPort = (authority: string): string => authority.replace(/:[^:\]]*$/, "");
