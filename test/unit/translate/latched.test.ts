/** Whatever way leads to a version that a guard has taken out, no proxy and no client goes it. */
import { describe, expect, it } from "vitest";
import type { GatewayName, ServiceName } from "../../../src/model/names.ts";
import { decodeAny } from "../../../src/proto/decode.ts";
import { toJson } from "../../../src/proto/json.ts";
import { ourRoot } from "../../../src/proto/root.ts";
import { shortName } from "../../../src/snapshot/type-url.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { createTranslator, type Translation } from "../../../src/translate/translate.ts";
import { entry, storeState } from "../store/decode-entries.ts";

type Objects = Readonly<Record<string, unknown>>;

const v2 = "10.0.0.2";
const base: Objects = {
  "gateways/edge": { listeners: [{ name: "http", port: 10_000 }] },
  "endpoints/web/a": { address: "10.0.0.1:80", version: "v1" },
  "endpoints/web/b": { address: `${v2}:80`, version: "v2" },
  "endpoints/web/c": { address: "10.0.0.3:80", version: "v3" },
};
const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };
const latched: Objects = {
  "status/guards/web": { latched: { v2: latch }, retried: {}, operation: "1" },
};

const translated = (objects: Objects): Translation => {
  const entries = Object.entries(objects).map(([key, value], i) =>
    entry(key, value, BigInt(i + 1)),
  );
  const { state, diagnostics } = createDecoder().start(storeState(entries, 99n));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return createTranslator({ defaultGateway: undefined })(state);
};

/** Whether the cluster, or an aggregate, leads to v2. */
const leads = (name: unknown): boolean => /^web\/([^/]*\+)?v2(\+|$)/.test(String(name));

/** What in a message sends requests to v2: where it stands, and how much. */
function waysIn(value: unknown, at: string): readonly string[] {
  if (Array.isArray(value)) return value.flatMap((each, i) => waysIn(each, `${at}[${i}]`));
  if (typeof value !== "object" || value === null) return [];
  const { name, cluster, weight } = value as Record<string, unknown>;
  const own = [
    ...(leads(cluster) ? [`${at}.cluster`] : []),
    ...(leads(name) && Number(weight) > 0 ? [`${at}: ${weight}`] : []),
  ];
  return [
    ...own,
    ...Object.entries(value).flatMap(([field, inner]) => waysIn(inner, `${at}.${field}`)),
  ];
}

/** All that is served and sends requests to v2, also to another cluster that holds its instance. */
function ways(translation: Translation): readonly string[] {
  const { shared, gateways, weights } = translation;
  const edge = gateways.get("edge" as GatewayName);
  const bundles = [...shared.values(), ...(edge === undefined ? [] : [edge.bundle, edge.layered])];
  const found = bundles.flatMap(({ owner, resources }) =>
    resources.flatMap(({ typeUrl, name, any }) => {
      const at = `${owner} ${shortName(typeUrl)} ${name}`;
      const message = toJson(ourRoot(), typeUrl, decodeAny(any).value);
      const isForeign = name !== "web/v2" && !name.startsWith("web/~");
      const holds = shortName(typeUrl) === "EDS" && JSON.stringify(message).includes(v2);
      const others = /^web\/(?!v2\+).*\+v2(\+|$)/.test(name) ? [`${at}: in turn`] : [];
      return [...waysIn(message, at), ...others, ...(holds && isForeign ? [`${at}: ${v2}`] : [])];
    }),
  );
  const keys = [...weights.inMotion].flatMap((service) => [
    ...(weights.splitOf(service)?.weights ?? []),
  ]);
  const moving = keys.filter(([cluster, weight]) => leads(cluster) && weight > 0);
  return [...found, ...moving.map(([cluster, weight]) => `RTDS ${cluster}: ${weight}`)];
}

const weights = { "weights/web": { v1: 70, v2: 20, v3: 10 } };
const users = { headers: [{ name: "X-User-Id" }], salt: "web-7" };
const healthCheck = { http: { path: "/health" } };
const toV2 = { name: "web", subset: "v2" };
const canary = [{ headers: [{ name: "X-Release-Stage", value: "canary" }] }];
const rulesOf = (...rules: readonly unknown[]): Objects => ({
  "routes/web": { hostnames: ["web"], rules },
});

const worlds: readonly (readonly [string, Objects])[] = [
  ["weights, and weights in motion", weights],
  ["the tags of instances", {}],
  [
    "an instance that joins as canary",
    { "endpoints/web/b": { address: `${v2}:80`, version: "v2", canary: true } },
  ],
  ["a route by header", rulesOf({ matches: canary, backendRefs: [toV2] })],
  [
    "a route by weights of its own",
    rulesOf({ backendRefs: [{ name: "web", subset: "v1", weight: 9 }, toV2] }),
  ],
  [
    "a split by hash",
    { ...weights, ...rulesOf({ hashSplit: users, backendRefs: [{ name: "web" }] }) },
  ],
  [
    "a split by hash, sticky for gRPC clients",
    {
      ...weights,
      "services/web": { appProtocol: "grpc" },
      "grpcroutes/web": {
        hostnames: ["web"],
        rules: [{ hashSplit: { ...users, grpc: true }, backendRefs: [{ name: "web" }] }],
      },
    },
  ],
  [
    "a route of gRPC by header",
    {
      "services/web": { appProtocol: "grpc" },
      "grpcroutes/web": { hostnames: ["web"], rules: [{ matches: canary, backendRefs: [toV2] }] },
    },
  ],
  [
    "a mirror",
    rulesOf({
      filters: [{ type: "RequestMirror", requestMirror: { backendRef: toV2 } }],
      backendRefs: [{ name: "web", subset: "v1" }],
    }),
  ],
  [
    "fallbacks of others, where proxies look at health",
    {
      ...{ "weights/web": { v1: 100 } },
      "services/web": {
        healthCheck,
        subsets: [{ name: "v1", fallback: "v2" }, { name: "v2" }, { name: "v3" }],
      },
    },
  ],
  [
    "lanes that have no instance",
    {
      ...weights,
      "services/web": { healthCheck },
      "lanes/gray": { entries: [{ gateways: ["edge"], percent: 10 }] },
      "endpoints/api/g": { address: "10.0.1.1:80", version: "v1", labels: { lane: "gray" } },
    },
  ],
  [
    "lanes whose instance is sick",
    {
      "weights/web": { v2: 100 },
      "services/web": { healthCheck },
      "lanes/gray": {},
      "endpoints/web/g": { address: "10.0.0.9:80", version: "v2", labels: { lane: "gray" } },
    },
  ],
  ["all the weight", { "weights/web": { v2: 100 } }],
];

describe("a version that a guard has taken out is reached no more by", () => {
  it.each(worlds)("%s", (_, objects) => {
    const all = { ...base, ...objects };
    // The search finds what there is.
    expect(ways(translated(all))).not.toEqual([]);
    expect(ways(translated({ ...all, ...latched }))).toEqual([]);
  });
});

describe("in its place", () => {
  const splitsOf = (objects: Objects) => {
    const { gateways } = translated({ ...base, ...objects });
    const routes = gateways
      .get("edge" as GatewayName)
      ?.bundle.resources.find(({ typeUrl }) => shortName(typeUrl) === "RDS");
    if (routes === undefined) throw new Error("no routes");
    const text = JSON.stringify(toJson(ourRoot(), routes.typeUrl, decodeAny(routes.any).value));
    return [...text.matchAll(/"clusters":(\[[^\]]*\])/g)].map(([, list]) =>
      (JSON.parse(list ?? "[]") as { name: string; weight: number }[]).map(
        ({ name, weight }) => `${name} ${weight}`,
      ),
    );
  };

  it("the stable version answers a route by header, also when its instances are gone", () => {
    const byHeader = { ...rulesOf({ matches: canary, backendRefs: [toV2] }), ...latched };
    expect(splitsOf(byHeader)[0]).toEqual(["web/v2 0", "web/v1 10000"]);
    const { "endpoints/web/b": gone, ...without } = { ...base, ...byHeader };
    expect(gone).toBeDefined();
    const entries = Object.entries(without).map(([key, value]) => entry(key, value));
    const { state } = createDecoder().start(storeState(entries));
    const { diagnostics } = createTranslator({ defaultGateway: undefined })(state);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "a guard has taken web/v2 out; v1 stands in for it",
    ]);
  });

  it("its stand-in answers where it stood in a split by hash, and nobody else moves", () => {
    const split = { ...weights, ...rulesOf({ hashSplit: users, backendRefs: [{ name: "web" }] }) };
    expect(splitsOf(split)[0]).toEqual(["web/v1 7000", "web/v2 2000", "web/v3 1000"]);
    const [after] = splitsOf({ ...split, ...latched });
    // 7,000 to 9,000 of the ring was v2's and is v1's; the last 1,000 are v3's still.
    expect(after).toEqual(["web/v1 9000", "web/v2 0", "web/v3 1000"]);
    const last = { ...split, "weights/web": { v1: 0, v2: 20, v3: 80 } };
    expect(splitsOf({ ...last, ...latched })[0]).toEqual([
      "web/v1 2000",
      "web/v2 0",
      "web/v3 8000",
    ]);
  });

  it("nothing is copied for it, and that is told", () => {
    const mirror = {
      ...rulesOf({
        filters: [{ type: "RequestMirror", requestMirror: { backendRef: toV2 } }],
        backendRefs: [{ name: "web", subset: "v1" }],
      }),
      ...latched,
    };
    const { diagnostics } = translated({ ...base, ...mirror });
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "SPLIT_LATCHED v2 was taken out by the guard http-5xx: its share goes to the rest until `serin rollout retry web`",
      "SPLIT_LATCHED a guard has taken web/v2 out; nothing is copied",
    ]);
  });

  it("the keys of weights in motion have zero for it, under the names that routes have", () => {
    const keys = (objects: Objects) =>
      translated({ ...base, ...weights, ...objects }).weights.splitOf("web" as ServiceName);
    expect(keys({})?.prefix).toBe(keys(latched)?.prefix);
    expect([...(keys(latched)?.weights ?? [])]).toEqual([
      ["web/v1", 9_000],
      ["web/v2", 0],
      ["web/v3", 1_000],
    ]);
  });
});
