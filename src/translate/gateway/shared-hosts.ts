/**
 * Virtual hosts that several listeners have in common are made once: listeners that see the same
 * routes at the same place, and mostly that is all of them.
 */
import type { Gateway } from "../../model/gateway.ts";
import { sameElements } from "../equal.ts";
import { type Edge, noEdge } from "../lane/edge.ts";
import { changedValues, indexedMap } from "../layered-map.ts";
import { dependsOnListener } from "../route/redirect.ts";
import type { TranslatedRoute } from "../route/route.ts";
import type { EncodedVirtualHost } from "../route/virtual-host.ts";
import { type AttachedHosts, attachHosts, type HostScope, type ServiceHosts } from "./attach.ts";
import { attachesTo } from "./parents.ts";
import type { SocketListener } from "./sockets.ts";

export interface HostsMemo {
  readonly services: ServiceHosts;
  readonly routes: readonly TranslatedRoute[];
  /** By a key of all else that they depend on. */
  readonly byKey: ReadonlyMap<string, AttachedHosts>;
}

export const noHosts: HostsMemo = { services: indexedMap(new Map()), routes: [], byKey: new Map() };

export interface SharedHosts {
  /** Virtual hosts of a listener that `gateway` serves HTTP at, sorted by domain. */
  of(gateway: Gateway, at: SocketListener, context: HostScope["at"]): readonly EncodedVirtualHost[];
  /** Grows with every call of `of`. */
  readonly memo: HostsMemo;
  /** Domains of services that answer otherwise than before; undefined: more than that differs. */
  readonly changed: ReadonlySet<string> | undefined;
}

export function sharedHosts(
  services: ServiceHosts,
  routes: readonly TranslatedRoute[],
  before: HostsMemo,
  sameGateways: boolean,
): SharedHosts {
  const differing = before.routes === routes ? changedValues(before.services, services) : undefined;
  const changed = sameGateways || before.services === services ? differing : undefined;
  // Gateways that are kept whole do not ask, and their hosts must be found next time.
  const byKey = new Map<string, AttachedHosts>(changed === undefined ? [] : before.byKey);
  const lists: AttachedList[] = [{ key: "", routes }];
  const edges: Edge[] = [noEdge];
  return {
    memo: { services, routes, byKey },
    changed,
    of: (gateway, { listener, hostname, taken }, at) => {
      const attached = attachedList(lists, gateway, listener);
      const scope: HostScope = { hostname, taken, services: listener.services, at };
      const key = JSON.stringify([
        attached.key,
        hostname,
        taken,
        listener.services,
        placeIn(edges, at.edge),
        attached.routes.some(isRelative) ? [at.scheme, at.port] : [],
      ]);
      const last = byKey.get(key) ?? before.byKey.get(key);
      const hosts = attachHosts(scope, services, attached.routes, last);
      byKey.set(key, hosts);
      return hosts.virtualHosts;
    },
  };
}

/** Whether a listener of the gateway has one of these services among its hosts, or may have. */
export function servesAny(gateway: Gateway, domains: ReadonlySet<string> | undefined): boolean {
  if (domains === undefined) return true;
  if (domains.size === 0) return false;
  const served = servedBy(gateway);
  if (served === "all") return true;
  for (const domain of domains) if (served.has(domain)) return true;
  return false;
}

const servedDomains = new WeakMap<Gateway, ReadonlySet<string> | "all">();

function servedBy(gateway: Gateway): ReadonlySet<string> | "all" {
  const known = servedDomains.get(gateway);
  if (known !== undefined) return known;
  const lists = gateway.listeners.map(({ services }) => services);
  const names = lists.flatMap((list) => (typeof list === "string" ? [] : list));
  const domains = lists.includes("all") ? "all" : new Set(names.map((name) => name.toLowerCase()));
  servedDomains.set(gateway, domains);
  return domains;
}

function placeIn(edges: Edge[], edge: Edge): number {
  const known = edges.indexOf(edge);
  return known === -1 ? edges.push(edge) - 1 : known;
}

interface AttachedList {
  /** The first listener that has it; empty for the list of all routes. */
  readonly key: string;
  readonly routes: readonly TranslatedRoute[];
}

function attachedList(
  lists: AttachedList[],
  gateway: Gateway,
  listener: SocketListener["listener"],
): AttachedList {
  const all = lists[0]?.routes ?? [];
  const routes = all.filter(({ route }) => attachesTo(route, gateway, listener));
  const known = lists.find((other) => sameElements(other.routes, routes));
  if (known !== undefined) return known;
  const list = { key: `${gateway.name}/${listener.name}`, routes };
  lists.push(list);
  return list;
}

const relative = new WeakMap<TranslatedRoute, boolean>();

/** Whether it is encoded differently at another port. */
function isRelative(route: TranslatedRoute): boolean {
  const known = relative.get(route);
  if (known !== undefined) return known;
  const made = route.matches.some(({ plans }) =>
    plans.some(({ action }) => action.kind === "redirect" && dependsOnListener(action.redirect)),
  );
  relative.set(route, made);
  return made;
}
