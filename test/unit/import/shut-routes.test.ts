/** What a protected route had is let in by no wider one: asked of the routes that a proxy gets. */
import { describe, expect, it } from "vitest";
import { explainSource } from "../../../src/admin/explain-source.ts";
import { explainRoutes } from "../../../src/explain/explain-routes.ts";
import { arrive, listenerRouting } from "../../../src/explain/listener.ts";
import { routerRequest } from "../../../src/explain/request.ts";
import { servedBy } from "../../../src/explain/source.ts";
import { importApisix } from "../../../src/import/apisix/apisix.ts";
import type { Imported } from "../../../src/import/report.ts";
import { importTraefik } from "../../../src/import/traefik/traefik.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { builtInGateway } from "../../../src/translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../../../src/translate/translate.ts";

/** Kinds of decision for a path of the host `shop.test`. */
function decided({ objects }: Imported, path: string): readonly string[] {
  const entries = objects.map(({ key, value }) => {
    const bytes = Buffer.from(JSON.stringify(value));
    return [key, { key, value: bytes, modRevision: 1n, createRevision: 1n }] as const;
  });
  const { state } = createDecoder().start({ revision: 1n, entries: new Map(entries) });
  const defaultGateway = builtInGateway({ host: "127.0.0.1", port: 80 });
  const source = explainSource(createTranslator({ defaultGateway })(state), undefined);
  const served = servedBy(source.gateways[0]?.resources ?? [], servedBy(source.shared));
  const [listener] = served.listeners();
  const routing = listener && listenerRouting(listener.message, "");
  if (routing?.kind !== "http" || typeof routing.routes !== "string") throw new Error("no routes");
  const routes = served.find("route", routing.routes)?.message ?? {};
  const asked = { host: "shop.test", path, method: "GET", scheme: "http", headers: [] } as const;
  const { request } = arrive(routing.manager, routerRequest(asked));
  return explainRoutes(routes, request).outcomes.map(({ decision }) => decision.kind);
}

const traefik = (keys: Readonly<Record<string, string>>) =>
  importTraefik(
    new Map(
      Object.entries({
        "http/routers/wide/rule": "Host(`shop.test`)",
        "http/routers/wide/service": "api",
        "http/routers/shut/rule": "Host(`shop.test`) && PathPrefix(`/admin`)",
        "http/routers/shut/service": "api",
        "http/services/api/loadBalancer/servers/0/url": "http://10.0.0.1:80",
        ...keys,
      }),
    ),
  );

const apisix = (route: object, service: object = {}) =>
  importApisix(
    new Map([
      ["routes/wide", JSON.stringify({ uri: "/*", upstream_id: 1 })],
      ["routes/shut", JSON.stringify({ uri: "/admin/*", service_id: 1, ...route })],
      ["services/1", JSON.stringify({ upstream_id: 1, ...service })],
      ["upstreams/1", JSON.stringify({ nodes: { "10.0.0.1:80": 1 } })],
    ]),
  );

describe("a route that cannot be let in", () => {
  it.each([
    ["a login", { "http/middlewares/m/basicAuth/users/0": "a:b" }],
    ["an unknown middleware", { "http/middlewares/m/novel/x": "1" }],
    ["a redirect that serin has not", { "http/middlewares/m/redirectRegex/regex": "^http:(.*)" }],
    ["a path that serin cannot make", { "http/middlewares/m/addPrefix/prefix": "/open" }],
    ["a middleware that is elsewhere", {}],
  ])("of Traefik's, behind %s, is shut", (_, keys) => {
    const made = traefik({ ...keys, "http/routers/shut/middlewares/0": "m" });
    expect(decided(made, "/admin/x")).toEqual(["response"]);
    expect(decided(made, "/")).toEqual(["cluster"]);
  });

  it.each([
    ["TLS options", { "http/routers/shut/tls/options": "clients@file" }],
    ["a field that serin does not know", { "http/routers/shut/parentRefs/0": "outer" }],
  ])("of Traefik's, with %s, is shut", (_, keys) => {
    expect(decided(traefik(keys), "/admin/x")).toEqual(["response"]);
  });

  it.each<readonly [string, object, object]>([
    ["a login", { plugins: { "key-auth": {} } }, {}],
    ["a login of its service", {}, { plugins: { "key-auth": {} } }],
    ["a redirect that serin has not", { plugins: { redirect: { uri: "https://$host/" } } }, {}],
    ["a script", { script: "return 403" }, {}],
    ["a script of its service", {}, { script_id: "1" }],
    ["a field that serin does not know", { only_from: "office" }, {}],
    ["a field of its service", {}, { only_from: "office" }],
  ])("of APISIX's, with %s, is shut", (_, route, service) => {
    const made = apisix(route, service);
    expect(decided(made, "/admin/x")).toEqual(["response"]);
    expect(made.findings.some(({ source }) => source === "routes/shut")).toBe(true);
    expect(decided(made, "/")).toEqual(["cluster"]);
  });

  it("lets in where nothing is in the way", () => {
    expect(decided(traefik({}), "/admin/x")).toEqual(["cluster"]);
    expect(decided(apisix({}), "/admin/x")).toEqual(["cluster"]);
  });
});
