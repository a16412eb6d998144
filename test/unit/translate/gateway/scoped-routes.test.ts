import { describe, expect, it } from "vitest";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { shortName, typeUrls } from "../../../../src/snapshot/type-url.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { route, service } from "../states.ts";
import { gatewayOf, resourcesOf, secret, stateOf, terminate, translated } from "./parts.ts";

const count = 1_000;
const nameOf = (n: number): string => `s-${String(n).padStart(4, "0")}`;
const parts = { instances: [{ version: "v1" }, { version: "v2" }], weights: { v1: 90, v2: 10 } };
const services = Array.from({ length: count }, (_, n) => service(nameOf(n), parts));
const gateways = [gatewayOf("edge", { http: { port: 80, routeDelivery: "scoped" } })];

const scopesOf = (translation: Translation): readonly Resource[] =>
  resourcesOf(translation, "edge").filter(({ typeUrl }) => typeUrl === typeUrls.scopedRoute);

/** New resources of the gateway from one state to the next, and how many of all bytes are new. */
function change(next: Parameters<typeof stateOf>[0]) {
  const translate = createTranslator({ defaultGateway: undefined });
  const before = { services, gateways };
  const first = translate(stateOf(before));
  const known = new Set(resourcesOf(first, "edge"));
  const bytes = new Set(resourcesOf(first, "edge").map(({ any }) => any));
  const second = translate(stateOf({ ...before, ...next }));
  const after = resourcesOf(second, "edge");
  const made = after.filter((each) => !known.has(each)).map(({ name }) => name);
  return { first, second, made, encoded: after.filter(({ any }) => !bytes.has(any)).length };
}

describe(`a scoped listener of ${count} services`, () => {
  it("has a scope for each, and no route configuration", () => {
    const translation = translated({ services, gateways });
    expect(scopesOf(translation)).toHaveLength(count);
    const kinds = new Set(
      resourcesOf(translation, "edge").map(({ typeUrl }) => shortName(typeUrl)),
    );
    expect([...kinds]).toEqual(["LDS", "SRDS"]);
  });

  it("encodes one scope for a change of weights, whose clusters stay the same list", () => {
    const changed = service(nameOf(500), { ...parts, weights: { v1: 50, v2: 50 } });
    const next = services.map((each) => (each.name === changed.name ? changed : each));
    const { first, second, made, encoded } = change({ services: next });
    expect([made, encoded]).toEqual([[`edge/http/${nameOf(500)}`], 1]);
    const [was, is] = [first, second].map((each) => scopesOf(each)[500]);
    expect(is?.needs).toBe(was?.needs);
    expect(is?.needs.map(({ name }) => name)).toEqual([`${nameOf(500)}/v1`, `${nameOf(500)}/v2`]);
  });

  it("encodes one scope for a service more, and none for one less", () => {
    const more = change({ services: [...services, service("a-new", parts)] });
    expect([more.made, more.encoded]).toEqual([["edge/http/a-new"], 1]);
    expect(scopesOf(more.second)).toHaveLength(count + 1);
    const less = change({ services: services.slice(1) });
    expect([less.made, less.encoded, scopesOf(less.second).length]).toEqual([[], 0, count - 1]);
  });

  it("encodes one scope for a route with a host of its own", () => {
    const routes = [route("shop", ["shop.example"], [{ to: [{ service: nameOf(1) }] }])];
    const { made, encoded, second } = change({ routes });
    expect([made, encoded]).toEqual([["edge/http/shop.example"], 1]);
    const origins = scopesOf(second).find(({ name }) => name === "edge/http/shop.example")?.origins;
    expect(origins).toEqual(["gateways/edge", "routes/shop"]);
  });
});

describe("a scoped listener", () => {
  const web = service("web", parts);
  const codes = (translation: Translation): readonly string[] =>
    translation.diagnostics.map(({ code, key, path }) => `${code} ${key} ${path}`.trim());

  it("leaves hosts with a wildcard out, and says so of each object that wants one", () => {
    const to = [{ to: [{ service: "web" }] }];
    const translation = translated({
      services: [web],
      gateways,
      routes: [route("wild", ["*.a.example", "b.example"], to), route("any", [], to)],
    });
    expect(scopesOf(translation).map(({ name }) => name)).toEqual([
      "edge/http/b.example",
      "edge/http/web",
    ]);
    expect(codes(translation).toSorted()).toEqual([
      "HOST_LEFT_OUT routes/any",
      "HOST_LEFT_OUT routes/wild",
    ]);
  });

  it("of HTTPS that shares its socket has scopes of its own name", () => {
    const tls = terminate(["cert"]);
    const https = { port: 443, protocol: "HTTPS", tls } as const;
    const translation = translated({
      services: [],
      secrets: [secret("cert", { certificate: "c" })],
      routes: [route("r", ["x.a.example", "b.example"], [{ to: [{ service: "web" }] }])],
      gateways: [
        gatewayOf("edge", {
          a: { ...https, hostname: "*.a.example", routeDelivery: "scoped" },
          b: { ...https, hostname: "b.example" },
        }),
      ],
    });
    const names = resourcesOf(translation, "edge").map(
      ({ typeUrl, name }) => `${shortName(typeUrl)} ${name}`,
    );
    expect(names).toEqual([
      "LDS edge/0.0.0.0:443",
      "SRDS edge/0.0.0.0:443/a/x.a.example",
      "RDS edge/b",
    ]);
  });

  it("is whole where another one of its socket is, and says so", () => {
    const translation = translated({
      services: [web],
      gateways: [
        gatewayOf("edge", {
          a: { routeDelivery: "scoped" },
          b: { hostname: "b.example" },
        }),
      ],
    });
    expect(scopesOf(translation)).toEqual([]);
    expect(codes(translation)).toEqual(["LISTENER_CLASH gateways/edge listeners[0].routeDelivery"]);
  });
});
