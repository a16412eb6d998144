/**
 * `GET /v1/services`: every service at a glance, in pages. `/v1/services/<service>`: one of them with its
 * instances. `/v1/services/<service>/figures`: its requests over the last minutes. `/v1/alerts`.
 */
import { listAlerts } from "../../api/alerts.ts";
import { getFigures, getService, listServices } from "../../api/services.ts";
import { limits } from "../../config/limits.ts";
import type { Routes } from "../context.ts";
import { nextPage } from "../page.ts";
import { problem } from "../problem.ts";
import { reply, route } from "../route.ts";
import { alertJson } from "./alert-json.ts";
import { figuresJson } from "./figures-json.ts";
import { instancesJson } from "./instances.ts";
import { createSummaries, serviceNamed } from "./service-summary.ts";

export const serviceRoutes: Routes = (app, context) => {
  const { sources } = context;
  const summaries = createSummaries(sources);

  route(app, context, listServices, ({ query }, c) => {
    if (sources.translation() === undefined) return notYet();
    const { limit = limits.live.pageServices, after = "", prefix = "" } = query;
    const names = namesIn(sources.state().services.keys(), { limit, after, prefix });
    const last = names.length > limit ? names[limit - 1] : undefined;
    const page = names.slice(0, limit).flatMap((name) => summaries.of(name) ?? []);
    return reply(page, last === undefined ? {} : nextPage(c, last));
  });

  route(app, context, getService, ({ params }) => {
    const found = serviceAsked(params.service);
    if (found instanceof Response) return found;
    const summary = summaries.of(found.name);
    if (summary === undefined) return notYet();
    const instances = instancesJson(found, sources.verdicts());
    return reply({ ...summary, instances, routes: summaries.routesOf(found.name) });
  });

  route(app, context, getFigures, ({ params }) => {
    const found = serviceAsked(params.service);
    if (found instanceof Response) return found;
    return reply(figuresJson(found.name, sources.figures()));
  });

  route(app, context, listAlerts, () => reply(sources.alerts.seen().map(alertJson)));

  const serviceAsked = (name: string) => {
    if (sources.translation() === undefined) return notYet();
    return serviceNamed(sources, name) ?? problem(404, "not-found", `no service ${name}`);
  };
};

const notYet = (): Response => problem(503, "store-unavailable", "no full list of the store yet");

interface PageAsked {
  readonly limit: number;
  readonly after: string;
  readonly prefix: string;
}

/** One more than the page has room for, where there are more. They come in the order of their names. */
function namesIn(names: Iterable<string>, { limit, after, prefix }: PageAsked): readonly string[] {
  const page: string[] = [];
  for (const name of names) {
    if (name <= after || !name.startsWith(prefix)) continue;
    page.push(name);
    if (page.length > limit) break;
  }
  return page;
}
