/**
 * Virtual hosts on demand: what a proxy asks for because of a request, and what it waits for.
 * Envoys get every virtual host of their view as soon as it is there, so what they ask for is mostly
 * unknown, and every such name is answered at once: the request waits for it. The names are not
 * kept: whoever sends requests chooses them.
 * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/vhds
 */
import type { ResourceView } from "../snapshot/resource-table.ts";
import { routeOfHost } from "../snapshot/type-url.ts";
import type { BareResource, PushContent } from "./push.ts";

/** `content` with an answer to each name that was asked for. */
export function withAnswers(
  content: PushContent,
  view: ResourceView,
  asked: ReadonlySet<string>,
): PushContent {
  if (asked.size === 0) return content;
  const resources = new Set(content.resources);
  const removed = new Set(content.removed);
  const bare: BareResource[] = [];
  for (const name of asked) {
    const found = view.get(name) ?? view.byAlias(name);
    if (found !== undefined) resources.add(found);
    // Measured: only this ends the request, with a 404. A response names nothing twice.
    else if (!removed.has(name))
      bare.push({ name, version: "", aliases: [name], ttlMs: undefined });
  }
  return { ...content, resources: [...resources], bare };
}

/**
 * Names to tell a proxy that has just got these route configurations: the virtual hosts there are,
 * and one that never is. Envoy waits 15 s for the first word of any; and what it was told of a route
 * configuration before it had that, it has ignored.
 */
export function hostsOfRoutes(
  routes: ReadonlySet<string>,
  hosts: ResourceView,
): ReadonlySet<string> {
  const names = new Set([...routes].map((route) => `${route}/none`));
  for (const { name } of hosts.resources()) if (routes.has(routeOfHost(name))) names.add(name);
  return names;
}
