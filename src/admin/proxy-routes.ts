/** `GET /v1/proxies`: every connected proxy and how far it is. */
import { listProxies } from "../api/proxies.ts";
import { limits } from "../config/limits.ts";
import { compareText } from "../lib/compare-text.ts";
import type { Routes } from "./context.ts";
import { firstPage, nextPage } from "./page.ts";
import { nodeOf, proxyStatus, proxyStreams } from "./proxy-status.ts";
import { reply, route } from "./route.ts";

export const proxyRoutes: Routes = (app, context) => {
  const { xds } = context.sources;
  route(app, context, listProxies, ({ query }, c) => {
    const { revision, after, limit = limits.admin.pageProxies } = query;
    const streams = proxyStreams(xds.streams());
    const rest =
      after === undefined
        ? streams
        : streams.filter((stream) => compareText(nodeOf(stream), after) > 0);
    const { page, last } = firstPage(rest, limit, (a, b) => nodeOf(a) === nodeOf(b));
    const behind =
      revision === undefined ? [] : xds.behind(undefined, { revision: BigInt(revision) });
    const late = new Set(behind.map(({ stream }) => stream.id));
    const json = page.map((stream) => ({
      ...proxyStatus(stream),
      ...(revision !== undefined && { applied: !late.has(stream.id) }),
    }));
    return reply(json, last === undefined ? {} : nextPage(c, nodeOf(last)));
  });
};
