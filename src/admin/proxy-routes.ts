/** `GET /v1/proxies`: every connected proxy and how far it is. */
import { listProxies } from "../api/proxies.ts";
import { limits } from "../config/limits.ts";
import type { StreamStatus } from "../index.ts";
import { compareText } from "../lib/compare-text.ts";
import type { Routes } from "./context.ts";
import { nextPage } from "./page.ts";
import { nodeOf, proxyStatus, proxyStreams } from "./proxy-status.ts";
import { reply, route } from "./route.ts";

export const proxyRoutes: Routes = (app, context) => {
  const { xds } = context.sources;
  route(app, context, listProxies, ({ query }, c) => {
    const { revision, after, limit = limits.admin.pageProxies } = query;
    const { page, last } = pageOf(proxyStreams(xds.streams()), after, limit);
    const behind =
      revision === undefined ? [] : xds.behind(undefined, { revision: BigInt(revision) });
    const late = new Set(behind.map(({ stream }) => stream.id));
    const json = page.map((stream) => ({
      ...proxyStatus(stream),
      ...(revision !== undefined && { applied: !late.has(stream.id) }),
    }));
    return reply(json, last === undefined ? {} : nextPage(c, last));
  });
};

/** It ends between nodes, or their names would lead past streams of the same one. */
function pageOf(streams: readonly StreamStatus[], after: string | undefined, limit: number) {
  const rest =
    after === undefined
      ? streams
      : streams.filter((stream) => compareText(nodeOf(stream), after) > 0);
  const full = rest[limit - 1];
  if (full === undefined) return { page: rest };
  const last = nodeOf(full);
  const end = rest.findIndex((stream, index) => index >= limit && nodeOf(stream) !== last);
  return end === -1 ? { page: rest } : { page: rest.slice(0, end), last };
}
