/** A gateway's listeners and their route configurations. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Gateway, GatewayListener } from "../../model/gateway.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { sameElements } from "../equal.ts";
import { gatewayListenerName } from "../names.ts";
import { routeConfigurationResource, type SplicedRoutes } from "../route/route-configuration.ts";
import type { EncodedVirtualHost } from "../route/virtual-host.ts";
import { listenerResource } from "./listener.ts";

export interface TranslatedGateway {
  readonly gateway: Gateway;
  readonly listeners: readonly TranslatedListener[];
  /** Listeners and route configurations, in the order of the gateway's listeners. */
  readonly resources: readonly Resource[];
  readonly diagnostics: readonly Diagnostic[];
}

interface TranslatedListener extends SplicedRoutes {
  readonly listener: Resource;
}

/** `before`: the translation of the same gateway last time, whose unchanged parts are kept. */
export function translateGateway(
  gateway: Gateway,
  virtualHostsOf: (hostname: string | undefined) => readonly EncodedVirtualHost[],
  before: TranslatedGateway | undefined,
): TranslatedGateway {
  const same = before?.gateway === gateway ? before : undefined;
  const { served, diagnostics } = withoutClashes(gateway);
  const unchanged = same?.listeners ?? [];
  const listeners = served.map((listener, i) =>
    translateListener(gateway, listener, virtualHostsOf(listener.hostname), unchanged[i]),
  );
  if (same !== undefined && sameElements(same.listeners, listeners)) return same;
  return {
    gateway,
    listeners,
    resources: listeners.flatMap((each) => [each.listener, each.routeConfiguration]),
    diagnostics,
  };
}

/** `before` belongs to the same listener of an unchanged gateway. */
function translateListener(
  gateway: Gateway,
  listener: GatewayListener,
  virtualHosts: readonly EncodedVirtualHost[],
  before: TranslatedListener | undefined,
): TranslatedListener {
  if (before !== undefined && sameElements(before.virtualHosts, virtualHosts)) return before;
  const name = gatewayListenerName(gateway.name, listener.name);
  const origins = [gateway.origin];
  return {
    virtualHosts,
    listener: before?.listener ?? listenerResource(name, listener, origins),
    routeConfiguration: routeConfigurationResource(name, virtualHosts, origins, before),
  };
}

/** Envoy refuses a second listener at the same address, or of the same name: the first one stays. */
function withoutClashes(gateway: Gateway): {
  readonly served: readonly GatewayListener[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const owners = new Map<string, GatewayListener>();
  const served: GatewayListener[] = [];
  const diagnostics: Diagnostic[] = [];
  gateway.listeners.forEach((listener, i) => {
    const socket = `${listener.address} ${listener.port}`;
    const owner = owners.get(socket) ?? owners.get(listener.name);
    if (owner !== undefined) {
      diagnostics.push(listenerClash(gateway, i, listener, owner));
      return;
    }
    owners.set(socket, listener).set(listener.name, listener);
    served.push(listener);
  });
  return { served, diagnostics };
}

function listenerClash(
  gateway: Gateway,
  index: number,
  listener: GatewayListener,
  owner: GatewayListener,
): Diagnostic {
  const at = `${listener.address}:${listener.port}`;
  return {
    severity: "error",
    code: "LISTENER_CLASH",
    key: gateway.origin,
    revision: 0n,
    path: `listeners[${index}]`,
    message: `listener ${listener.name} at ${at} clashes with ${owner.name}; it is left out`,
  };
}
