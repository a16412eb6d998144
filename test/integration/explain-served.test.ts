/**
 * What serin makes of objects, in a real Envoy, and what explain says of the same: routes of the
 * Gateway API, a sticky split and a lane at the edge.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { explainSource } from "../../src/admin/explain-source.ts";
import { resourceBody } from "../../src/admin/resource-body.ts";
import { bytesOf } from "../../src/explain/request.ts";
import type { Resource } from "../../src/snapshot/resource.ts";
import { typeUrls } from "../../src/snapshot/type-url.ts";
import { createDecoder } from "../../src/store/decode/decoder.ts";
import { createTranslator } from "../../src/translate/translate.ts";
import type { RawRequest } from "../support/raw-http.ts";
import { type RouterLab, startRouterLab } from "../support/router-lab.ts";

const instance = (version: string, more: object = {}) => ({
  address: "127.0.0.1:9001",
  version,
  ...more,
});

const objects: Readonly<Record<string, object>> = {
  "endpoints/web/a": instance("v1"),
  "endpoints/web/b": instance("v2"),
  "endpoints/web/c": instance("v3"),
  "endpoints/web/g": instance("v1", { labels: { lane: "gray" } }),
  "endpoints/api/a": instance("v1"),
  "endpoints/api/b": instance("v2"),
  "weights/web": { v1: 7, v2: 2, v3: 1 },
  "gateways/edge": { listeners: [{ name: "http", address: "127.0.0.1", port: 18_080 }] },
  "lanes/gray": {
    header: "x-lane",
    value: "gray",
    labels: { lane: "gray" },
    entries: [{ gateways: ["edge"], matches: [{ headers: [{ name: "x-beta", value: "yes" }] }] }],
  },
  "routes/shop": {
    hostnames: ["shop.example", "*.shop.example"],
    rules: [
      {
        matches: [
          { path: { type: "Exact", value: "/exact" } },
          { path: { type: "RegularExpression", value: "/v[0-9]+/.*" }, method: "POST" },
        ],
        backendRefs: [{ name: "api", subset: "v1" }],
      },
      {
        matches: [
          { path: { value: "/cart" }, queryParams: [{ name: "beta", value: "1" }] },
          { path: { value: "/cart" }, cookies: [{ name: "canary", value: "always" }] },
          {
            path: { value: "/cart" },
            headers: [{ name: "x-kind", type: "RegularExpression", value: "a+|b" }],
          },
        ],
        backendRefs: [{ name: "web", subset: "v2" }],
      },
      {
        matches: [{ path: { value: "/old" } }],
        filters: [
          {
            type: "RequestRedirect",
            requestRedirect: {
              hostname: "new.example",
              statusCode: 302,
              path: { type: "ReplacePrefixMatch", replacePrefixMatch: "/new" },
            },
          },
        ],
      },
      {
        hashSplit: { headers: [{ name: "x-user-id" }, { name: "x-shop" }], salt: "r1" },
        matches: [{ path: { value: "/both" } }],
        backendRefs: [{ name: "web" }],
      },
      {
        hashSplit: { headers: [{ name: "x-user-id" }], salt: "r1" },
        backendRefs: [{ name: "web" }],
      },
    ],
  },
};

type Json = Readonly<Record<string, unknown>>;

/** The settings of the connection manager that change a request. */
const settingNames = [
  "normalize_path",
  "merge_slashes",
  "path_with_escaped_slashes_action",
  "early_header_mutation_extensions",
  "use_remote_address",
];

/** Route configuration and settings of `edge/http`, as proto JSON. */
function served(): { readonly routes: Json; readonly settings: Json; readonly clusters: string[] } {
  const entries = new Map(
    Object.entries(objects).map(([key, value]) => {
      const bytes = Buffer.from(JSON.stringify(value));
      return [key, { key, value: bytes, modRevision: 1n, createRevision: 1n }];
    }),
  );
  const decoded = createDecoder().start({ revision: 1n, entries });
  const translation = createTranslator({ defaultGateway: undefined })(decoded.state);
  expect([...decoded.diagnostics, ...translation.diagnostics]).toEqual([]);
  const source = explainSource(translation, undefined);
  const own = source.gateways.flatMap(({ resources }) => resources);
  const body = (typeUrl: string): Json => {
    const found = own.find((resource) => resource.typeUrl === typeUrl);
    return found === undefined ? {} : resourceBody(found);
  };
  const manager = findManager(body(typeUrls.listener));
  const settings = Object.fromEntries(
    Object.entries(manager).filter(([name]) => settingNames.includes(name)),
  );
  const all: Resource[] = [...own, ...source.shared];
  const clusters = all.filter(({ typeUrl }) => typeUrl === typeUrls.cluster);
  return { routes: body(typeUrls.route), settings, clusters: clusters.map(({ name }) => name) };
}

function findManager(value: unknown): Json {
  if (typeof value !== "object" || value === null) return {};
  if ("stat_prefix" in value && "http_filters" in value) return value as Json;
  return Object.values(value)
    .map(findManager)
    .reduce((a, b) => (Object.keys(a).length > 0 ? a : b), {});
}

let lab: RouterLab;
beforeAll(async () => {
  const { routes, settings, clusters } = served();
  lab = await startRouterLab(routes, settings, clusters);
});
afterAll(() => lab?.envoy.stop());

const header = (name: string, value: string) => [name, bytesOf(value)] as const;

describe("what serin serves", () => {
  it("is what explain says, for every request", async () => {
    const hosts = ["shop.example", "a.shop.example:80", "api", "WEB", "nowhere"];
    const paths =
      `/ /exact /exact/ /v1/x /v1 /cart /cart/x?beta=1 /cart?beta=2 /cartx /old /old/a/b?c=1 /both
      /both/x //cart/../exact /a%2Fb`.split(/\s+/);
    const users = Array.from({ length: 40 }, (_, n) => header("x-user-id", `użytkownik-${n}`));
    const headers: readonly RawRequest["headers"][] = [
      [],
      [header("cookie", "a=b; canary=always")],
      [header("x-kind", "aaa")],
      [header("x-kind", "aab")],
      [header("x-lane", "gray")],
      [header("x-beta", "yes")],
      [header("x-lane", "gray"), header("x-beta", "yes"), header("x-user-id", "alice")],
      [header("x-user-id", "")],
      [header("baggage", "x-lane=gray"), header("x-user-id", "bob")],
      ...users.map((user) => [user]),
      ...users.map((user, n) => [user, header("x-shop", String(n % 7))]),
    ];
    const requests = hosts.flatMap((host) =>
      paths.flatMap((path) =>
        headers.flatMap((each) =>
          ["GET", "POST"].map((method) => ({ host, path, method, headers: each })),
        ),
      ),
    );
    const answers = await lab.ask(requests);
    const wrong = requests.flatMap((request, index) => {
      const explained = lab.explain(request);
      const answer = answers[index];
      // By chance: only the route can be compared.
      const compared = explained.cluster === "" ? { ...answer, cluster: "" } : answer;
      const [a, b] = [JSON.stringify(compared), JSON.stringify(explained)];
      return a === b ? [] : [`${JSON.stringify(request)}: Envoy ${a}, explain ${b}`];
    });
    expect(wrong).toEqual([]);
    const kinds = new Set(requests.map((request) => lab.explain(request).route));
    expect(kinds.size).toBeGreaterThan(8);
  });
});
