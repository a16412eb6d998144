import { describe, expect, it } from "vitest";
import { everyRequest, plainBackend, plainRule } from "../../../src/model/route.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const routeOf = (value: unknown) =>
  [...decodeOne("grpcroutes/cart", value).state.routes.values()][0];
const matching = (...matches: readonly object[]) => ({ rules: [{ matches }] });
const regex = { type: "RegularExpression" };

describe("gRPC routes", () => {
  it("are routes of paths", () => {
    const value = {
      hostnames: ["Cart"],
      parentRefs: [{ kind: "Service", name: "cart" }],
      rules: [
        {
          name: "canary",
          matches: [
            {
              method: { service: "shop.v1.Cart", method: "Add" },
              headers: [{ name: "X-Stage", value: "canary" }],
            },
          ],
          backendRefs: [{ name: "cart", subset: "v2" }],
          timeouts: { request: "2s" },
        },
        { hashSplit: { headers: [{ name: "user" }], grpc: true } },
      ],
    };
    expect(complaints("grpcroutes/cart", value)).toEqual([]);
    expect(routeOf(value)).toEqual({
      kind: "grpc",
      name: "cart",
      hostnames: ["cart"],
      parentRefs: [{ kind: "service", service: "cart" }],
      rules: [
        {
          ...plainRule,
          name: "canary",
          matches: [
            {
              ...everyRequest,
              path: { kind: "exact", value: "/shop.v1.Cart/Add" },
              headers: [{ name: "x-stage", kind: "exact", value: "canary" }],
            },
          ],
          backendRefs: [{ ...plainBackend, service: "cart", subset: "v2" }],
          timeouts: { requestMs: 2_000, backendRequestMs: undefined },
        },
        { ...plainRule, hashSplit: { headers: ["user"], salt: "", grpc: true } },
      ],
      origin: "grpcroutes/cart",
      createRevision: 1n,
    });
  });

  it.each([
    [{}, everyRequest.path],
    [{ method: { service: "a.B", method: "C" } }, { kind: "exact", value: "/a.B/C" }],
    [{ method: { service: ".a.B", method: "C" } }, { kind: "exact", value: "/a.B/C" }],
    [{ method: { type: "Exact", service: "a.B" } }, { kind: "prefix", value: "/a.B" }],
    [{ method: { service: "a.B", method: "" } }, { kind: "prefix", value: "/a.B" }],
    [{ method: { method: "Get_it" } }, { kind: "regex", value: "/[^/]+/Get_it" }],
    [
      { method: { ...regex, service: "a|b", method: "Get.*" } },
      { kind: "regex", value: "/(?:a|b)/(?:Get.*)" },
    ],
    [{ method: { ...regex, service: "a.*" } }, { kind: "regex", value: "/(?:a.*)/[^/]+" }],
    [{ method: { ...regex, method: "Get" } }, { kind: "regex", value: "/[^/]+/(?:Get)" }],
  ])("match %j by path", (match, path) => {
    expect(complaints("grpcroutes/cart", matching(match))).toEqual([]);
    expect(routeOf(matching(match))?.rules[0]?.matches).toEqual([{ ...everyRequest, path }]);
  });

  it("leave out a match with a condition that is not known", () => {
    const value = matching(
      { path: { value: "/" } },
      { method: { service: "a", verb: "b" } },
      { method: { service: "c" } },
    );
    expect(complaints("grpcroutes/cart", value)).toEqual([
      "warning FIELD_UNKNOWN rules[0].matches[0].path: this field is not known, so this match is left out",
      "warning FIELD_UNKNOWN rules[0].matches[1].method.verb: this field is not known, so this match is left out",
    ]);
    expect(routeOf(value)?.rules[0]?.matches.map(({ path }) => path.value)).toEqual(["/c"]);
  });

  it("answer UNAVAILABLE for what cannot be carried out", () => {
    const value = {
      rules: [
        {
          filters: [
            { type: "ExtensionRef", extensionRef: { group: "", kind: "Wasm", name: "x" } },
            { type: "RequestMirror", requestMirror: { backendRef: { name: "cart" } } },
          ],
          backendRefs: [{ name: "cart", kind: "Bucket" }],
        },
      ],
    };
    expect(complaints("grpcroutes/cart", value)).toEqual([
      "warning VALUE_INVALID rules[0].filters[0].type: serin has no filter of the type ExtensionRef: the rule's requests are answered with UNAVAILABLE",
      "warning VALUE_INVALID rules[0].backendRefs[0]: serin has no backends of the kind Bucket: its share goes to the other backends; without one, requests are answered with UNAVAILABLE",
    ]);
    expect(routeOf(value)?.rules[0]).toMatchObject({
      filters: { unsupported: ["ExtensionRef Wasm/x"], mirrors: [{ service: "cart" }] },
      backendRefs: [{ invalid: "serin has no backends of the kind Bucket" }],
    });
  });

  it.each<readonly [object, string, string]>([
    [{ method: {} }, "method", "give a service, a method or both"],
    [
      { method: { service: "a/b" } },
      "method.service",
      'expected the name of a gRPC service, such as "shop.v1.Cart", got "a/b"',
    ],
    [
      { method: { service: "a", method: "b.c" } },
      "method.method",
      'expected the name of a gRPC method, got "b.c"',
    ],
    [
      { method: { type: "Prefix", service: "a" } },
      "method.type",
      'expected one of "Exact", "RegularExpression", got "Prefix"',
    ],
    [
      { method: { ...regex, service: "a)(b", method: "c" } },
      "method.service",
      "expected a regular expression that RE2 can read",
    ],
    [{ method: { ...regex, service: "a{60}", method: "b{60}" } }, "method", "too large for Envoy"],
    [{ method: { method: "a".repeat(100) } }, "method", "too large for Envoy"],
    [
      { headers: [{ name: "a", ...regex, value: "(?=b)" }] },
      "headers[0].value",
      "RE2 has no lookahead or lookbehind",
    ],
  ])("refuse %j", (match, path, message) => {
    const [first, ...more] = complaints("grpcroutes/cart", matching(match));
    expect(first).toContain(`error VALUE_INVALID rules[0].matches[0].${path}: ${message}`);
    expect(more).toEqual([]);
  });

  it("refuse filters of HTTP alone", () => {
    const value = { rules: [{ filters: [{ type: "CORS", cors: {} }] }] };
    expect(complaints("grpcroutes/cart", value)[0]).toContain(
      'error VALUE_INVALID rules[0].filters[0].type: expected one of "RequestHeaderModifier", "ResponseHeaderModifier", "RequestMirror", "ExtensionRef"',
    );
  });
});
