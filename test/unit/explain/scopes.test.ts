import { describe, expect, it } from "vitest";
import { explainSource } from "../../../src/admin/explain-source.ts";
import { type Answer, answer } from "../../../src/explain/answer.ts";
import { routerRequest } from "../../../src/explain/request.ts";
import { isKey, ownMarks, scopeKeyOf } from "../../../src/explain/scopes.ts";
import { gatewayOf, translated } from "../translate/gateway/parts.ts";
import { route, service } from "../translate/states.ts";

const translation = translated({
  services: [service("web", { instances: [{ version: "v1" }, { version: "v2" }] })],
  routes: [
    route("shop", ["shop.example"], [{ to: [{ service: "web", subset: "v2" }] }]),
    route("wild", ["*.wild.example"], [{ to: [{ service: "web" }] }]),
  ],
  gateways: [
    gatewayOf("edge", {
      whole: { port: 80 },
      scoped: { port: 81, routeDelivery: "scoped" },
      none: { port: 82, routeDelivery: "scoped", services: "none" },
    }),
  ],
});

function asked(listener: string, host: string): Answer | undefined {
  const source = explainSource(translation, undefined);
  const question = { host, path: "/", method: "GET", headers: [], grpc: false };
  return answer(source, { ...question, gateways: undefined, listener })[0];
}

/** Without what the listener is called, where it listens, and which resources it has. */
const plain = (given: Answer | undefined, listener: string): unknown =>
  JSON.parse(
    JSON.stringify({ ...given, resources: [] })
      .replaceAll(`edge/${listener}`, "edge/l")
      .replaceAll(/0:8\d/g, ""),
  );

describe("explain of a scoped listener", () => {
  it.each(["web", "web:8080", "shop.example", "nobody.example"])("at %s is as whole", (host) => {
    expect(plain(asked("scoped", host), "scoped")).toEqual(plain(asked("whole", host), "whole"));
  });

  it("finds no scope for hosts with a wildcard, nor for capital letters", () => {
    for (const host of ["a.wild.example", "WEB"]) {
      expect(asked("whole", host)?.explanation?.virtualHost).not.toBeNull();
      expect(asked("scoped", host)?.explanation?.virtualHost).toBeNull();
    }
  });

  it("names the hosts of this listener that lead to the service, and of no other", () => {
    expect(asked("none", "web")?.explanation).toMatchObject({
      virtualHost: null,
      instead: ["shop.example"],
    });
  });

  it("tells nothing of the header that tells listeners apart", () => {
    expect(JSON.stringify(asked("scoped", "shop.example"))).not.toContain("x-serin-listener");
  });
});

describe("a scope key", () => {
  const request = routerRequest({
    host: "a.example:80",
    path: "/",
    method: "GET",
    scheme: "http",
    headers: [["x-kv", "a=1;b=2"]],
  });
  const keyOf = (...extractors: readonly object[]) => {
    const fragments = extractors.map((header_value_extractor) => ({ header_value_extractor }));
    return scopeKeyOf({ scope_key_builder: { fragments } }, request);
  };

  it("is made of parts of headers", () => {
    const host = { name: ":authority", element_separator: ":", index: 0 };
    const element = { separator: "=", key: "b" };
    expect(keyOf(host, { name: "X-KV", element_separator: ";", element })).toEqual([
      "a.example",
      "2",
    ]);
    expect(keyOf({ name: "x-kv" })).toEqual(["a=1;b=2"]);
  });

  it("is none where a part is missing", () => {
    expect(keyOf({ name: "x-none" })).toBeUndefined();
    expect(keyOf({ name: ":authority", element_separator: ":", index: 2 })).toBeUndefined();
  });

  it("equals another part by part", () => {
    const fragments = [{ string_key: "a" }, { string_key: "b" }];
    expect([isKey({ fragments }, ["a", "b"]), isKey({ fragments }, ["a"])]).toEqual([true, false]);
    expect(isKey({ fragments }, ["b", "a"])).toBe(false);
  });

  it("of a listener without scopes has no marks", () => {
    expect(ownMarks({}).size).toBe(0);
  });
});
