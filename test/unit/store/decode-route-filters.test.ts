import { describe, expect, it } from "vitest";
import { noFilters } from "../../../src/model/route.ts";
import { complaints, decodeOne } from "./decode-entries.ts";

const withFilters = (...filters: readonly object[]) => ({ rules: [{ filters }] });

const filtersOf = (...filters: readonly object[]) =>
  [...decodeOne("routes/web", withFilters(...filters)).state.routes.values()][0]?.rules[0]?.filters;

const request = (requestHeaderModifier: object) => ({
  type: "RequestHeaderModifier",
  requestHeaderModifier,
});
const response = (responseHeaderModifier: object) => ({
  type: "ResponseHeaderModifier",
  responseHeaderModifier,
});
const redirect = (requestRedirect: object) => ({ type: "RequestRedirect", requestRedirect });
const rewrite = (urlRewrite: object) => ({ type: "URLRewrite", urlRewrite });
const mirror = (requestMirror: object) => ({ type: "RequestMirror", requestMirror });
const cors = (options: object) => ({ type: "CORS", cors: options });
const full = (replaceFullPath: string) => ({ type: "ReplaceFullPath", replaceFullPath });
const prefix = (replacePrefixMatch: string) => ({ type: "ReplacePrefixMatch", replacePrefixMatch });

const pathRewrite = { hostname: undefined, path: undefined };
const plainRedirect = { scheme: undefined, port: undefined, status: 302, ...pathRewrite };

describe("filters", () => {
  it.each([
    [
      "change headers of requests",
      request({ set: [{ name: "X-A", value: "1" }], add: [{ name: "X-B", value: "b, c" }] }),
      {
        requestHeaders: {
          set: [{ name: "x-a", value: "1" }],
          add: [{ name: "x-b", value: "b, c" }],
          remove: [],
        },
      },
    ],
    [
      "change headers of responses",
      { type: "ResponseHeaderModifier", responseHeaderModifier: { remove: ["Server", "X-C"] } },
      { responseHeaders: { set: [], add: [], remove: ["server", "x-c"] } },
    ],
    [
      "redirect to another scheme",
      redirect({ scheme: "https", statusCode: 301 }),
      { redirect: { ...plainRedirect, scheme: "https", status: 301 } },
    ],
    [
      "redirect to another host, port and path",
      redirect({ hostname: "Shop.Example", port: 8443, path: full("/new") }),
      {
        redirect: {
          ...plainRedirect,
          hostname: "shop.example",
          port: 8443,
          path: { kind: "full", value: "/new" },
        },
      },
    ],
    ["redirect by default to the same place", redirect({}), { redirect: plainRedirect }],
    [
      "rewrite host and prefix",
      rewrite({ hostname: "Internal", path: prefix("/v2") }),
      { rewrite: { hostname: "internal", path: { kind: "prefix", value: "/v2" } } },
    ],
    [
      "cut a prefix off",
      rewrite({ path: prefix("") }),
      { rewrite: { ...pathRewrite, path: { kind: "prefix", value: "" } } },
    ],
    [
      "tell browsers what other sites may do",
      cors({
        allowOrigins: ["https://A.example:443", "http://*.b.example:8080", "http://c"],
        allowCredentials: true,
        allowMethods: ["GET", "PUT"],
        allowHeaders: ["X-A"],
        exposeHeaders: ["X-B", "x-b"],
        maxAge: 600,
      }),
      {
        cors: {
          allowOrigins: ["https://a.example", "http://*.b.example:8080", "http://c"],
          allowCredentials: true,
          allowMethods: ["GET", "PUT"],
          allowHeaders: ["x-a"],
          exposeHeaders: ["x-b"],
          maxAgeSeconds: 600,
        },
      },
    ],
    [
      "tell browsers of every site by default nothing",
      cors({ allowOrigins: ["*"] }),
      {
        cors: {
          allowOrigins: ["*"],
          allowCredentials: false,
          allowMethods: [],
          allowHeaders: [],
          exposeHeaders: [],
          maxAgeSeconds: 5,
        },
      },
    ],
  ])("%s", (_, filter, expected) => {
    expect(complaints("routes/web", withFilters(filter))).toEqual([]);
    expect(filtersOf(filter)).toEqual({ ...noFilters, ...expected });
  });

  it.each([
    [{}, 1_000_000],
    [{ percent: 0 }, 0],
    [{ percent: 3 }, 30_000],
    [{ fraction: { numerator: 1 } }, 10_000],
    [{ fraction: { numerator: 1, denominator: 3 } }, 333_333],
    [{ fraction: { numerator: 1, denominator: 2_000_000_000 } }, 1],
    [{ fraction: { numerator: 0, denominator: 7 } }, 0],
    [{ fraction: { numerator: 7, denominator: 7 } }, 1_000_000],
  ])("copy %j as %d millionths", (share, perMillion) => {
    const filter = mirror({ backendRef: { name: "web", subset: "v2", port: 80 }, ...share });
    expect(complaints("routes/web", withFilters(filter))).toEqual([]);
    expect(filtersOf(filter)?.mirrors).toEqual([{ service: "web", subset: "v2", perMillion }]);
  });

  it("copy to several backends, and to none that cannot be used or was half understood", () => {
    const filters = [
      mirror({ backendRef: { name: "a", namespace: "n" } }),
      mirror({ backendRef: { name: "b", kind: "Bucket" } }),
      mirror({ backendRef: { name: "c" }, percentage: 1 }),
      mirror({ backendRef: { name: "d" }, percent: 1 }),
    ];
    expect(complaints("routes/web", withFilters(...filters))).toEqual([
      "warning FIELD_UNKNOWN rules[0].filters[2].requestMirror.percentage: this field is not known, so nothing is copied",
      "warning VALUE_INVALID rules[0].filters[1].requestMirror.backendRef: serin has no backends of the kind Bucket: nothing is copied to it",
      "warning FIELD_UNKNOWN rules[0].filters[0].requestMirror.backendRef.namespace: names are flat: namespaces of references are ignored",
    ]);
    expect(filtersOf(...filters)?.mirrors).toEqual([
      { service: "a", subset: undefined, perMillion: 1_000_000 },
      { service: "d", subset: undefined, perMillion: 10_000 },
    ]);
  });

  it("that cannot be carried out are said, and kept for the rule to answer 500", () => {
    const filters = [
      { type: "ExtensionRef", extensionRef: { group: "a.example", kind: "Wasm", name: "x" } },
      { type: "ExternalAuth", externalAuth: { protocol: "GRPC", backendRef: { name: "auth" } } },
    ];
    const said = (type: string) =>
      `serin has no filter of the type ${type}: the rule's requests are answered with 500`;
    expect(complaints("routes/web", withFilters(...filters))).toEqual([
      `warning VALUE_INVALID rules[0].filters[0].type: ${said("ExtensionRef")}`,
      `warning VALUE_INVALID rules[0].filters[1].type: ${said("ExternalAuth")}`,
    ]);
    expect(filtersOf(...filters)?.unsupported).toEqual(["ExtensionRef Wasm/x", "ExternalAuth"]);
  });
});

const unsettable =
  "host (which a URLRewrite changes) and headers of the connection and the message's length cannot be set";

describe("filters are taken, but it is said", () => {
  it("what has no effect beside a redirect", () => {
    const filters = [
      mirror({ backendRef: { name: "a" } }),
      redirect({}),
      cors({}),
      request({}),
      response({}),
    ];
    const noEffect = "has no effect, as the rule redirects its requests";
    const value = { rules: [{ filters, rateLimit: { requests: 1 } }] };
    expect(complaints("routes/web", value)).toEqual([
      `warning FIELD_UNKNOWN rules[0].filters[0].type: ${noEffect}`,
      `warning FIELD_UNKNOWN rules[0].filters[2].type: ${noEffect}`,
      `warning FIELD_UNKNOWN rules[0].filters[3].type: ${noEffect}`,
      `warning FIELD_UNKNOWN rules[0].rateLimit: ${noEffect}`,
    ]);
  });

  it("that preflights do not come to a rule of other methods", () => {
    const said = (...matches: readonly object[]) =>
      complaints("routes/web", { rules: [{ matches, filters: [cors({})] }] });
    expect(said({ method: "GET" }, { method: "POST" })).toEqual([
      "warning VALUE_INVALID rules[0].filters[0].type: preflights have the method OPTIONS, which no match takes: they are not answered",
    ]);
    expect(said()).toEqual([]);
    expect(said({ method: "GET" }, {})).toEqual([]);
    expect(said({ method: "GET" }, { method: "OPTIONS" })).toEqual([]);
  });

  it("not of headers that may be taken away", () => {
    const remove = ["content-length", "connection", "upgrade"];
    expect(complaints("routes/web", withFilters(request({ remove })))).toEqual([]);
  });
});

const at = (field: string) => `rules[0].filters[0].${field}`;

describe("filters are refused", () => {
  it.each<readonly [string, readonly object[], string, string]>([
    ["of another type", [{ type: "Lua" }], at("type"), 'expected one of "RequestHeaderModifier"'],
    ["without a type", [{ cors: {} }], at("type"), 'expected one of "RequestHeaderModifier"'],
    [
      "without their field",
      [{ type: "CORS" }],
      at("cors"),
      "expected an object, but it is missing",
    ],
    [
      "with the field of another",
      [{ ...redirect({}), urlRewrite: {} }],
      at("urlRewrite"),
      "a filter of the type RequestRedirect has the field requestRedirect alone",
    ],
    [
      "twice",
      [request({}), request({})],
      "rules[0].filters[1].type",
      "a second RequestHeaderModifier: there is at most one",
    ],
    [
      "that redirect and rewrite",
      [redirect({}), rewrite({})],
      "rules[0].filters[1].type",
      "a redirected request is not forwarded, so it cannot be rewritten as well",
    ],
    [
      "that do two things with one header",
      [request({ set: [{ name: "X-A", value: "1" }], remove: ["x-a"] })],
      at("requestHeaderModifier.remove[0]"),
      "a filter does one thing only with a header, and this one is named before",
    ],
    [
      "that change the host as a header",
      [request({ set: [{ name: "Host", value: "a" }] })],
      at("requestHeaderModifier.set[0].name"),
      `${unsettable}, got "Host"`,
    ],
    [
      "that take the host away",
      [request({ remove: ["Host"] })],
      at("requestHeaderModifier.remove[0]"),
      'host is changed by the hostname of a URLRewrite alone, got "Host"',
    ],
    ...["Content-Length", "transfer-encoding", "te", "trailer"].map(
      (name): readonly [string, readonly object[], string, string] => [
        `that set ${name}`,
        [response({ set: [{ name, value: "1" }] })],
        at("responseHeaderModifier.set[0].name"),
        `${unsettable}, got "${name}"`,
      ],
    ),
    ...["connection", "Keep-Alive", "proxy-connection", "upgrade"].map(
      (name): readonly [string, readonly object[], string, string] => [
        `that add ${name}`,
        [request({ add: [{ name, value: "1" }] })],
        at("requestHeaderModifier.add[0].name"),
        `${unsettable}, got "${name}"`,
      ],
    ),
    [
      "that set a header with a line break",
      [request({ add: [{ name: "a", value: "b\nc: d" }] })],
      at("requestHeaderModifier.add[0].value"),
      "expected a string of 1 to 4096 characters without control characters",
    ],
    [
      "that redirect with another status",
      [redirect({ statusCode: 304 })],
      at("requestRedirect.statusCode"),
      "expected one of 301, 302, 303, 307, 308, got 304",
    ],
    [
      "that redirect to a wildcard",
      [redirect({ hostname: "*.example" })],
      at("requestRedirect.hostname"),
      'expected a hostname without a wildcard, got "*.example"',
    ],
    [
      "that rewrite to no path",
      [rewrite({ path: { type: "ReplaceFullPath" } })],
      at("urlRewrite.path.replaceFullPath"),
      "expected a path, but it is missing",
    ],
    [
      "that rewrite in two ways",
      [rewrite({ path: { ...full("/a"), replacePrefixMatch: "/b" } })],
      at("urlRewrite.path.replacePrefixMatch"),
      '"ReplaceFullPath" is told by replaceFullPath alone',
    ],
    [
      "that rewrite to what is no path",
      [rewrite({ path: full("\\1") })],
      at("urlRewrite.path.replaceFullPath"),
      'expected a URL path that starts with "/", without a query, got "\\\\1"',
    ],
    [
      "that mirror a percentage and a fraction",
      [mirror({ backendRef: { name: "a" }, percent: 1, fraction: { numerator: 1 } })],
      at("requestMirror.fraction"),
      "give a percentage or a fraction, not both",
    ],
    [
      "that mirror more than there is",
      [mirror({ backendRef: { name: "a" }, fraction: { numerator: 4, denominator: 3 } })],
      at("requestMirror.fraction.numerator"),
      "a fraction of 3 has at most so many parts",
    ],
    [
      "that mirror to too many",
      Array.from({ length: 9 }, () => mirror({ backendRef: { name: "a" } })),
      "rules[0].filters",
      "expected at most 8 mirrors, got a list",
    ],
    [
      "that allow an origin with a path",
      [cors({ allowOrigins: ["https://a/b"] })],
      at("cors.allowOrigins[0]"),
      "expected an origin such as",
    ],
    [
      "that allow origins of a long wildcard, which Envoy refuses",
      [cors({ allowOrigins: [`https://*.${"a".repeat(71)}`] })],
      at("cors.allowOrigins[0]"),
      "expected an origin of at most 80 characters, as it has a wildcard",
    ],
    [
      "that allow every origin and one more",
      [cors({ allowOrigins: ["https://a", "*"] })],
      at("cors.allowOrigins[1]"),
      '"*" stands for all, so it must be the only one',
    ],
    [
      "that allow an unknown method",
      [cors({ allowMethods: ["get"] })],
      at("cors.allowMethods[0]"),
      'expected one of "GET"',
    ],
  ])("%s", (_, filters, path, message) => {
    const [first, ...more] = complaints("routes/web", withFilters(...filters));
    expect(first).toContain(`error VALUE_INVALID ${path}: ${message}`);
    expect(more.filter((text) => text.startsWith("error"))).toEqual([]);
  });

  it.each([rewrite({ path: prefix("/b") }), redirect({ path: prefix("/b") })])(
    "where %j replaces a prefix that was not matched",
    (filter) => {
      const rule = (...types: readonly string[]) => ({
        rules: [
          { matches: types.map((type) => ({ path: { type, value: "/a" } })), filters: [filter] },
        ],
      });
      const field = filter.type === "URLRewrite" ? "urlRewrite" : "requestRedirect";
      const reason = "a prefix is replaced only where every match is by PathPrefix";
      const refusal = `error VALUE_INVALID ${at(field)}.path.type: ${reason}`;
      expect(complaints("routes/web", rule("PathPrefix", "Exact"))).toEqual([refusal]);
      expect(complaints("routes/web", rule("RegularExpression"))).toEqual([refusal]);
      expect(complaints("routes/web", rule("PathPrefix", "PathPrefix"))).toEqual([]);
      expect(complaints("routes/web", rule())).toEqual([]);
    },
  );

  it("where a rule redirects and forwards", () => {
    const value = { rules: [{ filters: [redirect({})], backendRefs: [{ name: "web" }] }] };
    expect(complaints("routes/web", value)).toEqual([
      `error VALUE_INVALID ${at("type")}: a redirected request is not forwarded: leave the backendRefs out`,
    ]);
  });
});
