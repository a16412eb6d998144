/** Random, mostly sensible objects of all kinds about the same few names, as they stand in a store. */
import fc from "fast-check";

export type Objects = Readonly<Record<string, unknown>>;

const serviceName = fc.constantFrom("web", "api", "shop");
const version = fc.constantFrom("v1", "v2", "v3");
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const endpoint = fc
  .record({
    port: fc.integer({ min: 1_000, max: 1_020 }),
    version: maybe(version),
    weight: maybe(fc.constantFrom(0, 1, 90)),
    canary: maybe(fc.boolean()),
    zone: maybe(fc.constantFrom("a", "b")),
    labels: maybe(fc.constant({ lane: "gray" })),
  })
  .map(({ port, ...rest }) => ({ address: `10.0.0.1:${port}`, ...rest }));

const health = fc.constantFrom(
  { healthCheck: { http: { path: "/health" } } },
  { outlierDetection: {} },
  {},
);

const settings = fc
  .record({
    subsets: maybe(
      fc.constantFrom(
        [{ name: "v1" }, { name: "v2", fallback: "v1" }],
        [{ name: "v2", fallback: "v3" }, { name: "v3", fallback: "v2" }, { name: "v1" }],
      ),
    ),
    lbPolicy: maybe(
      fc.constantFrom("LeastRequest", { type: "RingHash", affinity: { header: "x" } }),
    ),
    timeouts: maybe(fc.constant({ request: "2s" })),
    retry: maybe(fc.constant({ attempts: 2 })),
    servedVersionHeader: maybe(fc.boolean()),
    localities: maybe(fc.constant([{ zone: "a", weight: 3, priority: 1 }])),
    guard: maybe(fc.constantFrom([{}], [{ failureLimit: 2 }])),
  })
  .chain((base) => health.map((more) => ({ ...base, ...more })));

const weights = fc
  .dictionary(version, fc.constantFrom(0, 1, 10, 0.5, 90), { minKeys: 1 })
  .filter((all) => Object.values(all).some((weight) => weight > 0));

const backendRef = fc.record({
  name: fc.constantFrom("web", "api", "shop", "nobody"),
  subset: maybe(version),
  weight: maybe(fc.constantFrom(0, 1, 9)),
});

const match = fc.record({
  path: maybe(fc.constantFrom({ type: "Exact", value: "/a" }, { value: "/a/" }, { value: "/" })),
  headers: maybe(fc.constant([{ name: "X-Stage", value: "canary" }])),
  method: maybe(fc.constantFrom("GET", "POST")),
  cookies: maybe(fc.constant([{ name: "stage", value: "b" }])),
});

const filter = fc.constantFrom<object>(
  { type: "RequestHeaderModifier", requestHeaderModifier: { set: [{ name: "a", value: "1%" }] } },
  { type: "RequestMirror", requestMirror: { backendRef: { name: "api" }, percent: 10 } },
  { type: "URLRewrite", urlRewrite: { hostname: "b.example" } },
  { type: "CORS", cors: { allowOrigins: ["*"] } },
);

const rule = fc.record({
  matches: maybe(fc.array(match, { maxLength: 2 })),
  filters: maybe(fc.uniqueArray(filter, { maxLength: 2 })),
  backendRefs: maybe(fc.array(backendRef, { maxLength: 3 })),
  hashSplit: maybe(
    fc.record({
      headers: fc.constant([{ name: "X-User-Id" }]),
      salt: maybe(fc.constant("s-1")),
      grpc: maybe(fc.boolean()),
    }),
  ),
});

const redirectRule = fc.constant({
  filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }],
});

const route = fc.record({
  hostnames: maybe(
    fc.uniqueArray(fc.constantFrom("web", "shop.example", "*.example", "*"), { maxLength: 3 }),
  ),
  parentRefs: maybe(fc.constantFrom([{ name: "edge" }], [{ kind: "Service", name: "web" }])),
  rules: fc.array(fc.oneof({ arbitrary: rule, weight: 9 }, redirectRule), { maxLength: 3 }),
});

const lane = fc.record({
  labels: fc.constant({ lane: "gray" }),
  baggage: maybe(fc.boolean()),
  mode: maybe(fc.constantFrom("strict", "permissive")),
  services: maybe(fc.uniqueArray(serviceName, { minLength: 1, maxLength: 2 })),
  entries: maybe(
    fc.array(
      fc.record({
        gateway: fc.constantFrom("edge", "inner"),
        percent: maybe(fc.constantFrom(0, 10, 100)),
        matches: maybe(fc.constant([{ headers: [{ name: "x-who", value: "me" }] }])),
      }),
      { maxLength: 2 },
    ),
  ),
});

const gateway = fc.constantFrom(
  { listeners: [{ name: "http", port: 10_000 }] },
  {
    listeners: [
      { name: "a", port: 80, hostname: "*.example" },
      { name: "b", port: 80, hostname: "shop.example" },
      { name: "tcp", port: 90, protocol: "TCP" },
    ],
  },
);

const rollout = fc.record({
  strategy: fc.record({
    canary: fc.record({
      stableSubset: fc.constant("v1"),
      canarySubset: fc.constantFrom("v2", "v3"),
    }),
  }),
  preset: fc.constantFrom("AllAtOnce", "Canary10Percent5Minutes"),
});

const tcpRoute = fc.record({
  rules: fc.array(
    fc.record({ backendRefs: fc.array(backendRef, { minLength: 1, maxLength: 2 }) }),
    {
      minLength: 1,
      maxLength: 1,
    },
  ),
});

function keyed<T>(key: fc.Arbitrary<string>, value: fc.Arbitrary<T>) {
  return fc.tuple(key, value as fc.Arbitrary<unknown>);
}

const entry = fc.oneof(
  {
    weight: 8,
    arbitrary: keyed(
      fc
        .tuple(serviceName, fc.constantFrom("a", "b", "c"))
        .map(([s, id]) => `endpoints/${s}/${id}`),
      endpoint,
    ),
  },
  {
    weight: 3,
    arbitrary: keyed(
      serviceName.map((s) => `weights/${s}`),
      weights,
    ),
  },
  {
    weight: 3,
    arbitrary: keyed(
      serviceName.map((s) => `services/${s}`),
      settings,
    ),
  },
  {
    weight: 1,
    arbitrary: keyed(
      serviceName.map((s) => `rollouts/${s}`),
      rollout,
    ),
  },
  { weight: 4, arbitrary: keyed(fc.constantFrom("routes/r1", "routes/r2", "routes/r3"), route) },
  { weight: 1, arbitrary: keyed(fc.constantFrom("lanes/gray"), lane) },
  { weight: 1, arbitrary: keyed(fc.constantFrom("gateways/edge", "gateways/inner"), gateway) },
  { weight: 1, arbitrary: keyed(fc.constantFrom("tcproutes/db"), tcpRoute) },
);

/** Keys with values; a field that is undefined is not there. */
export const objects: fc.Arbitrary<Objects> = fc
  .array(entry, { maxLength: 24 })
  .map((entries) => JSON.parse(JSON.stringify(Object.fromEntries(entries))) as Objects);

/** One more write to a store: of a key that may be there already. */
export const oneObject: fc.Arbitrary<readonly [string, unknown]> = entry.map(
  ([key, value]) => [key, JSON.parse(JSON.stringify(value))] as const,
);
