import { describe, expect, it } from "vitest";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { entry, lane } from "../lane/lanes.ts";
import { route, type ServiceParts, service } from "../states.ts";
import {
  at,
  domainsOf,
  gatewayOf,
  type ListenerParts,
  listenersOf,
  type Objects,
  passthrough,
  plain,
  resourcesOf,
  secret,
  stateOf,
  streamRoute,
  terminate,
  translated,
  withParents,
} from "./parts.ts";

const v1: ServiceParts = { instances: [{ version: "v1" }] };
const web = service("web", v1);
const shop = service("shop", v1);
const https: ListenerParts = { port: 443, protocol: "HTTPS", tls: terminate(["a"]) };
const through: ListenerParts = { port: 443, protocol: "TLS", tls: passthrough };
const a = secret("a", { certificate: "A" });

const chainsOf = (objects: Objects) =>
  listenersOf(translated(objects), "edge").flatMap(({ filter_chains: chains }) =>
    chains.map(({ filter_chain_match: match, filters }) => ({
      names: match?.server_names ?? [],
      to:
        filters[0]?.typed_config.rds?.route_config_name ??
        filters[0]?.typed_config.cluster ??
        filters[0]?.typed_config.weighted_clusters?.clusters.map(
          ({ name, weight }) => `${name} ${weight}`,
        ),
    })),
  );

describe("virtual hosts of HTTP listeners of one socket", () => {
  it("stand in one route configuration, each host at its own listener", () => {
    const translation = translated({
      services: [web, shop],
      routes: [withParents(route("r", [], [{ to: [{ service: "web" }] }]), at("edge", "all"))],
      gateways: [
        gatewayOf("edge", {
          all: {},
          shop: { hostname: "shop", services: "none" },
          x: { hostname: "x.y" },
        }),
      ],
    });
    expect(domainsOf(translation, "edge")).toEqual({
      "edge/0.0.0.0:80": ["*", "shop", "web", "x.y"],
    });
    expect(listenersOf(translation, "edge").map(({ name }) => name)).toEqual(["edge/0.0.0.0:80"]);
  });

  it.each<[ListenerParts["services"], readonly string[]]>([
    ["all", ["shop", "web"]],
    ["none", []],
    [["web"], ["web"]],
    [["web", "nobody"], ["web"]],
  ])("show the services that the listener names: %s", (services, domains) => {
    const parts = services === undefined ? {} : { services };
    const gateways = [gatewayOf("edge", { http: parts })];
    const translation = translated({ services: [web, shop], gateways });
    expect(domainsOf(translation, "edge")).toEqual({ "edge/http": domains });
    const told = translation.diagnostics.map(({ code, path }) => `${code} ${path}`);
    const wrong = services?.includes("nobody") === true;
    expect(told).toEqual(wrong ? ["REFERENCE_MISSING listeners[0].services"] : []);
  });
});

describe("chains of a TLS socket", () => {
  it("are one for each hostname, and one without for the rest", () => {
    const gateways = [
      gatewayOf("edge", {
        rest: https,
        a: { ...https, hostname: "a.example" },
        w: { ...https, hostname: "*.w" },
      }),
    ];
    expect(chainsOf({ gateways, secrets: [a] })).toEqual([
      { names: [], to: "edge/rest" },
      { names: ["a.example"], to: "edge/a" },
      { names: ["*.w"], to: "edge/w" },
    ]);
  });

  it("leave a listener without its certificate out, and close its name where another would take it", () => {
    const lost = { ...https, hostname: "lost.example", tls: terminate(["lost"]) };
    const wide = { ...https, hostname: "*.example" };
    expect(chainsOf({ gateways: [gatewayOf("edge", { lost, wide })], secrets: [a] })).toEqual([
      { names: ["*.example"], to: "edge/wide" },
      { names: ["lost.example"], to: "/none" },
    ]);
    expect(chainsOf({ gateways: [gatewayOf("edge", { lost })], secrets: [a] })).toEqual([]);
  });

  it("do not let anybody in while the authority for clients is missing", () => {
    const gateways = [gatewayOf("edge", { a: { ...https, tls: terminate(["a"], "people") } })];
    expect(chainsOf({ gateways, secrets: [a] })).toEqual([]);
    const people = secret("people", { certificate: "P" });
    expect(chainsOf({ gateways, secrets: [a, people] })).toEqual([]);
    const withCa = secret("people", { ca: "CA" });
    expect(chainsOf({ gateways, secrets: [a, withCa] })).toEqual([{ names: [], to: "edge/a" }]);
  });

  it("of several certificates use those that are there", () => {
    const gateways = [gatewayOf("edge", { a: { ...https, tls: terminate(["lost", "a"]) } })];
    const translation = translated({ gateways, secrets: [a] });
    expect(resourcesOf(translation, "edge")[0]?.needs).toEqual([
      { typeUrl: typeUrls.secret, name: "secret/a" },
    ]);
    expect(translation.diagnostics).toMatchObject([
      {
        severity: "warning",
        code: "REFERENCE_MISSING",
        path: "listeners[0].tls.certificateRefs[0]",
      },
    ]);
  });

  it("pass through by the names of TLSRoutes; the older has a name that two want", () => {
    const streams = [
      streamRoute("tls", "young", { web: 1 }, { hostnames: ["a.x", "b.x"], createRevision: 9n }),
      streamRoute("tls", "old", { web: 3, shop: 1 }, { hostnames: ["a.x", "c.y"] }),
    ];
    const gateways = [gatewayOf("edge", { t: { ...through, hostname: "*.x" } })];
    const objects = { services: [web, shop], gateways, streams };
    expect(chainsOf(objects)).toEqual([
      { names: ["a.x"], to: ["web/v1 7500", "shop/v1 2500"] },
      { names: ["b.x"], to: "web/v1" },
    ]);
    expect(translated(objects).diagnostics).toMatchObject([
      { code: "HOSTNAME_CLASH", key: "tlsroutes/young" },
    ]);
  });
});

describe("a TCP listener", () => {
  const gateways = [gatewayOf("edge", { db: { port: 5432, protocol: "TCP" } })];

  it.each<[string, Readonly<Record<string, number>>, unknown]>([
    ["weights, zeros left out", { web: 3, shop: 0 }, "web/v1"],
    ["the split of a service", { both: 1 }, ["both/v1 9000", "both/v2 1000"]],
    ["what is there", { web: 1, nobody: 1 }, "web/v1"],
    ["nobody, where nothing is there", { nobody: 1 }, "/none"],
    ["nobody, where all weights are zero", { web: 0 }, "/none"],
  ])("passes on to %s", (_what, to, expected) => {
    const both = service("both", {
      instances: [{ version: "v1" }, { version: "v2" }, { version: "v3" }],
      weights: { v1: 9, v2: 1, v3: 0 },
    });
    const streams = [streamRoute("tcp", "r", to)];
    expect(chainsOf({ services: [web, shop, both], gateways, streams })).toEqual([
      { names: [], to: expected },
    ]);
  });

  it("is not opened where no route is for it", () => {
    expect(chainsOf({ services: [web], gateways })).toEqual([]);
  });

  it("names its clusters as what it needs", () => {
    const streams = [streamRoute("tcp", "r", { web: 1 })];
    const [listener] = resourcesOf(translated({ services: [web], gateways, streams }), "edge");
    expect(listener).toMatchObject({
      needs: [{ typeUrl: typeUrls.cluster, name: "web/v1" }],
      origins: ["gateways/edge", "tcproutes/r"],
      sockets: ["0.0.0.0:5432"],
    });
  });
});

describe("secrets", () => {
  it("are a certificate with its key, and authorities, each by a name of its own", () => {
    const { secrets } = translated({
      secrets: [secret("both", { certificate: "C", ca: "A" }), secret("ca", { ca: "B" })],
    });
    expect([...secrets.keys()]).toEqual(["secret/both", "secret/both/ca", "secret/ca/ca"]);
    const [certificate, authority] = [...secrets.values()].map(plain<object>);
    expect(certificate).toEqual({
      name: "secret/both",
      tls_certificate: {
        certificate_chain: { inline_string: "C" },
        private_key: { inline_string: "key" },
      },
    });
    expect(authority).toEqual({
      name: "secret/both/ca",
      validation_context: { trusted_ca: { inline_string: "A" } },
    });
  });

  it("a new certificate is a new secret, and no new listener", () => {
    const translate = createTranslator({ defaultGateway: undefined });
    const gateways = [gatewayOf("edge", { a: https })];
    const first = translate(stateOf({ gateways, secrets: [a] }));
    const state = stateOf({ gateways, secrets: [secret("a", { certificate: "new" })] });
    const second = translate(state);
    expect(resourcesOf(second, "edge")).toEqual(resourcesOf(first, "edge"));
    expect(second.secrets.get("secret/a")?.version).not.toBe(
      first.secrets.get("secret/a")?.version,
    );
  });

  it("that a service's TLS lacks are told", () => {
    const tls = { sni: undefined, ca: a.name, subjectAltNames: [], certificate: a.name };
    const services = [{ ...web, settings: { ...web.settings, tls } }];
    const lacks = (...secrets: NonNullable<Objects["secrets"]>) =>
      translated({ services, secrets }).diagnostics.map(
        ({ code, key, path }) => `${code} ${key} ${path}`,
      );
    expect(lacks(a)).toEqual(["REFERENCE_MISSING services/web tls.ca"]);
    expect(lacks(secret("a", { certificate: "A", ca: "C" }))).toEqual([]);
  });
});

describe("an edge of lanes", () => {
  const gateways = [gatewayOf("edge", { http: {} }), gatewayOf("inner", { http: {} })];

  it("takes the marks of clients away before routing, and no other gateway does", () => {
    const translation = translated({ gateways, lanes: [lane("gray", { entries: [entry()] })] });
    const strips = (gateway: string) =>
      listenersOf(translation, gateway)[0]?.filter_chains[0]?.filters[0]?.typed_config
        .early_header_mutation_extensions;
    expect(strips("edge")).toMatchObject([{ typed_config: { mutations: [{ remove: "x-lane" }] } }]);
    expect(strips("inner")).toBeUndefined();
  });
});

describe("gateways", () => {
  const gateways = [
    gatewayOf("edge", { a: {}, b: { port: 81 } }),
    gatewayOf("inner", { a: { port: 82 } }),
  ];

  it("stay what they are where nothing that they see has changed", () => {
    const routes = [route("r", ["r.example"], [{ to: [{ service: "web" }] }])];
    const translate = createTranslator({ defaultGateway: undefined });
    const state = stateOf({ services: [web, shop], routes, gateways });
    const first = translate(state);
    const again = translate({ ...state, services: new Map(state.services) });
    for (const [name, { bundle }] of first.gateways) {
      expect(again.gateways.get(name)?.bundle).toBe(bundle);
    }
  });

  it("redirect to the port of the listener, at each its own", () => {
    const [rule] = route("r", [], [{ to: [] }]).rules;
    if (rule === undefined) throw new Error("no rule");
    const redirect = {
      scheme: undefined,
      hostname: undefined,
      port: undefined,
      path: { kind: "full", value: "/new" },
      status: 302,
    } as const;
    const rules = [{ ...rule, filters: { ...rule.filters, redirect } }];
    const translation = translated({ routes: [{ ...route("r", [], []), rules }], gateways });
    const texts = ["edge", "inner"].flatMap((name) =>
      resourcesOf(translation, name)
        .filter(({ typeUrl }) => typeUrl === typeUrls.route)
        .map((resource) => /"port_redirect":\d+/.exec(JSON.stringify(plain(resource)))?.[0]),
    );
    expect(texts).toEqual(['"port_redirect":80', '"port_redirect":81', '"port_redirect":82']);
  });
});
