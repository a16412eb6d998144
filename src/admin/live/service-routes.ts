/**
 * `GET /v1/services`: every service at a glance, in pages. `/v1/services/<service>`: one of them with its
 * instances. `/v1/services/<service>/figures`: its requests over the last minutes. `/v1/alerts`.
 */
import type { Context } from "hono";
import { limits } from "../../config/limits.ts";
import { isName } from "../../model/names.ts";
import type { Routes } from "../context.ts";
import { problem } from "../problem.ts";
import { alertJson } from "./alert-json.ts";
import { figuresJson } from "./figures-json.ts";
import { instancesJson } from "./instances.ts";
import type { ServiceJson } from "./service-json.ts";
import { createSummaries, serviceNamed } from "./service-summary.ts";

export const serviceRoutes: Routes = (app, { sources }) => {
  const summaries = createSummaries(sources);

  app.get("/v1/services", (c) => {
    const asked = pageAsked(c);
    if (asked instanceof Response) return asked;
    if (sources.translation() === undefined) return notYet();
    const names = namesIn(sources.state().services.keys(), asked);
    const last = names.length > asked.limit ? names[asked.limit - 1] : undefined;
    const page = names.slice(0, asked.limit).flatMap((name) => summaries.of(name) ?? []);
    return c.json(page, 200, last === undefined ? {} : { link: nextLink(c, last) });
  });

  app.get("/v1/services/:service", (c) => {
    const found = serviceAsked(c.req.param("service"));
    if (found instanceof Response) return found;
    const summary = summaries.of(found.name);
    if (summary === undefined) return notYet();
    const body: ServiceJson = {
      ...summary,
      instances: instancesJson(found, sources.verdicts()),
      routes: summaries.routesOf(found.name),
    };
    return c.json(body);
  });

  app.get("/v1/services/:service/figures", (c) => {
    const found = serviceAsked(c.req.param("service"));
    if (found instanceof Response) return found;
    return c.json(figuresJson(found.name, sources.figures()));
  });

  app.get("/v1/alerts", (c) => c.json(sources.alerts.seen().map(alertJson)));

  const serviceAsked = (name: string) => {
    if (!isName(name)) return problem(400, "bad-request", "not a name of a service");
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

function pageAsked(c: Context): PageAsked | Response {
  const { pageServices } = limits.live;
  const text = c.req.query("limit") ?? String(pageServices);
  const limit = Number(text);
  if (!(/^\d+$/.test(text) && limit >= 1 && limit <= pageServices)) {
    return problem(400, "bad-request", `limit: expected a number from 1 to ${pageServices}`);
  }
  return { limit, after: c.req.query("after") ?? "", prefix: c.req.query("prefix") ?? "" };
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

/** https://www.rfc-editor.org/rfc/rfc8288 */
function nextLink(c: Context, after: string): string {
  const query = new URLSearchParams(c.req.query());
  query.set("after", after);
  return `</v1/services?${query}>; rel="next"`;
}
