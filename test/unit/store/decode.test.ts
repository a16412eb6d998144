import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { plainListener } from "../../../src/model/gateway.ts";
import { everyRequest } from "../../../src/model/route.ts";
import { defaultSettings, type Service } from "../../../src/model/service.ts";
import { createDecoder, type Decoded, type Decoder } from "../../../src/store/decode/decoder.ts";
import type { Entry } from "../../../src/store/store.ts";
import { statusAt } from "../../support/release-status.ts";
import { seed } from "../../support/seed.ts";
import { entry, storeState } from "./decode-entries.ts";

const serviceOf = ({ state }: Decoded, name: string): Service | undefined =>
  [...state.services.values()].find((service) => service.name === name);

const a = { address: "127.0.0.1:8081", version: "v1", weight: 90 };
const b = { address: "127.0.0.1:8082", version: "v2", weight: 10 };

/** The smallest examples of the design. */
const examples = (): readonly Entry[] => [
  entry("endpoints/web/a", a),
  entry("endpoints/web/b", b),
  entry("weights/web", { v1: 50, v2: 50 }),
  entry("gateways/edge", {
    nodeSelector: { cluster: "edge" },
    listeners: [{ name: "http", port: 10000, protocol: "HTTP" }],
  }),
  entry("routes/web", {
    hostnames: ["web"],
    rules: [
      {
        matches: [{ headers: [{ name: "X-Release-Stage", value: "canary" }] }],
        backendRefs: [{ name: "web", subset: "v2" }],
      },
      {
        matches: [{ headers: [{ name: "X-User-Id", type: "RegularExpression", value: ".+" }] }],
        hashSplit: { headers: [{ name: "X-User-Id" }], salt: "web-7" },
        backendRefs: [
          { name: "web", subset: "v1", weight: 90 },
          { name: "web", subset: "v2", weight: 10 },
        ],
      },
      { backendRefs: [{ name: "web", subset: "v1" }] },
    ],
  }),
  entry("services/web", {
    subsets: [
      { name: "v1", labels: { version: "v1" } },
      { name: "v2", labels: { version: "v2" }, fallback: "v1" },
    ],
    healthCheck: { http: { path: "/health" }, interval: "5s" },
    guard: [
      {
        name: "http-5xx",
        subset: "v2",
        failureCondition: "result.ratio5xx > 0.05",
        onFailure: { setWeight: 0, alerts: [{ webhook: { url: "http://127.0.0.1:9000/" } }] },
      },
    ],
    sources: [],
  }),
  entry("rollouts/web", {
    strategy: {
      canary: {
        stableSubset: "v1",
        canarySubset: "v2",
        steps: [
          { setWeight: 5 },
          { pause: { duration: "10m" } },
          { setWeight: 20 },
          { pause: {} },
          { setWeight: 100 },
        ],
      },
    },
  }),
];

describe("the examples of the design", () => {
  it("become a desired state, with warnings only for what has no effect yet", () => {
    const { state, diagnostics, changedKeys } = createDecoder().start(storeState(examples(), 7n));
    expect(state.revision).toBe(7n);
    expect([...state.services.values()]).toEqual([
      {
        name: "web",
        settings: {
          ...defaultSettings,
          subsets: [
            { name: "v1", labels: new Map([["version", "v1"]]), fallback: undefined },
            { name: "v2", labels: new Map([["version", "v2"]]), fallback: "v1" },
          ],
          healthCheck: expect.objectContaining({
            check: expect.objectContaining({ path: "/health" }),
          }),
          guard: [expect.objectContaining({ name: "http-5xx", subset: "v2" })],
        },
        instances: [
          {
            service: "web",
            id: "a",
            address: { host: "127.0.0.1", port: 8081 },
            labels: new Map([["version", "v1"]]),
            weight: 90,
            zone: "",
            canary: false,
          },
          {
            service: "web",
            id: "b",
            address: { host: "127.0.0.1", port: 8082 },
            labels: new Map([["version", "v2"]]),
            weight: 10,
            zone: "",
            canary: false,
          },
        ],
        latched: new Map(),
        sick: new Map(),
        weights: [
          { subset: "v1", weight: 50 },
          { subset: "v2", weight: 50 },
        ],
        origins: ["endpoints/web/a", "endpoints/web/b", "services/web", "weights/web"],
      },
    ]);
    expect([...state.gateways.values()]).toEqual([
      {
        name: "edge",
        nodeSelector: { id: undefined, cluster: "edge", metadata: new Map() },
        listeners: [{ ...plainListener, name: "http", port: 10000 }],
        origin: "gateways/edge",
        createRevision: 1n,
      },
    ]);
    const split = { headers: ["x-user-id"], salt: "web-7", grpc: false };
    expect([...state.routes.values()][0]?.rules).toMatchObject([
      { matches: [{ headers: [{ name: "x-release-stage", value: "canary" }] }] },
      { matches: [{ headers: [{ name: "x-user-id", kind: "regex" }] }], hashSplit: split },
      { matches: [everyRequest], hashSplit: undefined },
    ]);
    expect([...state.rollouts.values()]).toMatchObject([{ service: "web", canary: "v2" }]);
    expect(diagnostics.map(({ severity, key, path }) => `${severity} ${key} ${path}`)).toEqual([
      "warning services/web sources",
    ]);
    expect(changedKeys).toHaveLength(7);
  });
});

describe("last good values", () => {
  const start = () => {
    const decoder = createDecoder();
    return { decoder, first: decoder.start(storeState(examples())) };
  };

  it("stay in force while a value is refused, and go with their key", () => {
    const { decoder, first } = start();
    const bad = entry("weights/web", { v1: "half" }, 8n);
    const refused = decoder.change({ revision: 8n, puts: [bad], deletes: [] });
    expect(serviceOf(refused, "web")).toBe(serviceOf(first, "web"));
    expect(refused.state.services).toBe(first.state.services);
    expect(refused.changedKeys).toEqual([]);
    expect(refused.diagnostics.filter(({ severity }) => severity === "error")).toEqual([
      {
        severity: "error",
        code: "VALUE_INVALID",
        key: "weights/web",
        revision: 8n,
        path: "v1",
        message: 'expected a number from 0 to 1000000, got "half"',
      },
    ]);
    const deleted = decoder.change({ revision: 9n, puts: [], deletes: ["weights/web"] });
    expect(serviceOf(deleted, "web")?.weights).toBeUndefined();
    expect(deleted.changedKeys).toEqual(["weights/web"]);
    expect(deleted.diagnostics.some(({ key }) => key === "weights/web")).toBe(false);
  });

  it("give way to a good value, which ends the diagnostic", () => {
    const { decoder } = start();
    decoder.change({ revision: 8n, puts: [entry("weights/web", "{", 8n)], deletes: [] });
    const good = entry("weights/web", { v1: 1 }, 9n);
    const repaired = decoder.change({ revision: 9n, puts: [good], deletes: [] });
    expect(serviceOf(repaired, "web")?.weights).toEqual([{ subset: "v1", weight: 1 }]);
    expect(repaired.diagnostics.every(({ severity }) => severity === "warning")).toBe(true);
  });

  it("do not outlive a key that was deleted and created anew unseen", () => {
    const { decoder } = start();
    const anew = entry("weights/web", "{", 9n, 9n);
    const change = decoder.change({ revision: 9n, puts: [anew], deletes: [] });
    expect(serviceOf(change, "web")?.weights).toBeUndefined();
  });

  it("do not make a service out of a refused value alone", () => {
    const { decoder } = start();
    const puts = [entry("services/shop", { subsets: 1 }, 8n), entry("weights/cart", { v1: 1 }, 8n)];
    const { state } = decoder.change({ revision: 8n, puts, deletes: [] });
    expect([...state.services.keys()]).toEqual(["cart", "web"]);
  });
});

describe("identity", () => {
  it("is kept by what is written again as it was, in other words, or in another form", () => {
    const decoder = createDecoder();
    const first = decoder.start(storeState(examples()));
    const again = examples().map((one) => ({ ...one, modRevision: 8n }));
    const same = decoder.change({ revision: 8n, puts: again, deletes: [] });
    expect(same.changedKeys).toEqual([]);
    // When weights were written last decides who travels in the layer.
    expect(same.state.weightsRevisions).toEqual(new Map([["web", 8n]]));
    const { weightsRevisions } = first.state;
    expect({ ...same.state, revision: 0n, weightsRevisions }).toEqual({
      ...first.state,
      revision: 0n,
    });
    expect(same.state.services).toBe(first.state.services);
    expect(same.state.routes).toBe(first.state.routes);
    expect(same.diagnostics.every(({ revision }) => revision === 8n)).toBe(true);
    const reworded = entry(
      "endpoints/web/a",
      "version: v1\naddress: 127.0.0.1:8081\nweight: 90",
      9n,
    );
    const other = decoder.change({ revision: 9n, puts: [reworded], deletes: [] });
    expect(other.state.services).toBe(first.state.services);
    const replaced = [entry("endpoints/web/a", a, 10n, 10n)];
    const back = decoder.change({ revision: 10n, puts: replaced, deletes: ["endpoints/web/a"] });
    expect(back.state.services).toBe(first.state.services);
    expect(back.state.revision).toBe(10n);
  });

  it("is lost by the changed service alone", () => {
    const decoder = createDecoder();
    const first = decoder.start(
      storeState([...examples(), entry("endpoints/shop/a", a), entry("services/api", {})]),
    );
    const moved = entry("endpoints/web/b", { ...b, weight: 20 }, 8n);
    const second = decoder.change({ revision: 8n, puts: [moved], deletes: [] });
    expect(second.changedKeys).toEqual(["endpoints/web/b"]);
    expect(serviceOf(second, "web")).not.toBe(serviceOf(first, "web"));
    expect(serviceOf(second, "web")?.instances[0]).toBe(serviceOf(first, "web")?.instances[0]);
    expect(serviceOf(second, "web")?.settings).toBe(serviceOf(first, "web")?.settings);
    expect(serviceOf(second, "shop")).toBe(serviceOf(first, "shop"));
    expect(serviceOf(second, "api")).toBe(serviceOf(first, "api"));
    expect(second.state.gateways).toBe(first.state.gateways);
    expect(second.diagnostics).toBe(first.diagnostics);
    expect(serviceOf(first, "web")?.instances[1]?.weight).toBe(10);
  });

  it("of a raw resource follows its revision, without a change of content", () => {
    const decoder = createDecoder();
    const key = "resources/*/clusters/a";
    decoder.start(storeState([entry(key, { name: "a" })]));
    const again = entry(key, { name: "a" }, 5n);
    const second = decoder.change({ revision: 5n, puts: [again], deletes: [] });
    expect(second.state.rawResources.get(key)?.revision).toBe(5n);
    expect(second.changedKeys).toEqual([]);
  });
});

describe("a change", () => {
  const changed = (decoder: Decoder, revision: bigint, put: Entry): boolean =>
    decoder.change({ revision, puts: [put], deletes: [] }).changed;

  it("is none where only the revision is new", () => {
    const decoder = createDecoder();
    expect(decoder.start(storeState([entry("endpoints/web/a", a)])).changed).toBe(true);
    expect(changed(decoder, 2n, entry("status/load/a", "{", 2n))).toBe(false);
    expect(changed(decoder, 3n, entry("history/web/1", {}, 3n))).toBe(false);
    expect(changed(decoder, 4n, entry("endpoints/web/a", a, 4n))).toBe(false);
    const gone = decoder.change({ revision: 5n, puts: [], deletes: ["status/load/a"] });
    expect(gone).toMatchObject({ changed: false, state: { revision: 5n } });
  });

  it("is one of content, of a revision that means something, and of what is wrong", () => {
    const decoder = createDecoder();
    decoder.start(storeState([entry("weights/web", { v1: 1 })]));
    expect(changed(decoder, 2n, entry("weights/web", { v1: 1 }, 2n))).toBe(true);
    expect(changed(decoder, 3n, entry("weights/web", "{", 3n))).toBe(true);
    expect(changed(decoder, 4n, entry("weights/web", "{", 4n))).toBe(true);
    expect(changed(decoder, 5n, entry("weights/web", { v1: 1 }, 5n))).toBe(true);
  });
});

/** Everything of a state, order included, as text. */
const listing = (state: DesiredState): string =>
  JSON.stringify(state, (_, value: unknown) => {
    if (value instanceof Map) return [...value];
    if (value instanceof Uint8Array) return [...value];
    return typeof value === "bigint" ? `${value}n` : value;
  });

const testers = [{ headerName: "x-tester", headerValue: { exact: "1" } }];
const released = {
  strategy: {
    canary: {
      stableSubset: "v1",
      canarySubset: "v2",
      steps: [{ setWeight: 5 }, { setHeaderRoute: { name: "testers", match: testers } }],
    },
  },
};

const pool: Readonly<Record<string, readonly unknown[]>> = {
  "endpoints/web/": [a, b, { ...a, labels: { z: "1", a: "2" } }, { ...a, wieght: 3 }],
  "services/": [{}, { appProtocol: "http2" }, { subsets: [{ name: "v1" }] }, { nope: 1 }],
  "weights/": [{ v1: 1 }, { v2: 10, v1: 90 }, { v1: 90, v2: 10 }],
  "routes/": [
    { rules: [] },
    { hostnames: ["A"], rules: [{}] },
    { parentRefs: [{ name: "a", namespace: "n" }], rules: [{ timeouts: { request: "1s" } }] },
  ],
  "grpcroutes/": [{ rules: [] }, { rules: [{ matches: [{ method: { service: "a.B" } }] }] }],
  "tcproutes/": [{ rules: [{ backendRefs: [{ name: "a" }] }] }],
  "tlsroutes/": [{ hostnames: ["A"], rules: [{ backendRefs: [{ name: "a", kind: "B" }] }] }],
  "gateways/": [{ listeners: [{ name: "a", port: 1 }] }, { listeners: [{ name: "b", port: 2 }] }],
  "rollouts/": [
    { strategy: { canary: { stableSubset: "v1", canarySubset: "v2" } }, preset: "AllAtOnce" },
    { strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps: [{ setWeight: 5 }] } } },
    released,
  ],
  "status/rollouts/": [
    statusAt(released, 0),
    statusAt(released, 1),
    statusAt(released, 1, { phase: "Healthy" }),
  ],
  "analysistemplates/": [
    { metrics: [{ name: "a", compare: {} }] },
    { metrics: [{ name: "a", successCondition: "result.ratio5xx < 1" }] },
  ],
  "resources/*/clusters/": [{ lb_policy: "RANDOM" }, { any: "AAEC" }],
  "unheard/": [1],
};

interface Step {
  readonly key: string;
  readonly kind: "put" | "bad" | "delete";
  readonly choice: number;
}

const step: fc.Arbitrary<Step> = fc.record({
  key: fc
    .tuple(fc.constantFrom(...Object.keys(pool)), fc.constantFrom("web", "shop", "b", "B", "10"))
    .map(([folder, name]) => folder + name),
  kind: fc.constantFrom("put", "put", "put", "bad", "delete"),
  choice: fc.nat(11),
});

/** The next entry of a key; a bad value always comes as a new key, so that no last good one counts. */
function written({ key, kind, choice }: Step, old: Entry | undefined, revision: bigint): Entry {
  const values = pool[key.slice(0, key.lastIndexOf("/") + 1)] ?? [];
  const value = kind === "bad" ? "{" : values[choice % values.length];
  const created = old === undefined || kind === "bad" ? revision : old.createRevision;
  return entry(key, value, revision, created);
}

describe("the order of events", () => {
  it("leaves no trace: any history of a store decodes as a fresh list of it", () => {
    const batches = fc.array(fc.array(step, { minLength: 1, maxLength: 6 }), { maxLength: 12 });
    const property = fc.property(batches, fc.infiniteStream(fc.nat()), (history, order) => {
      const entries = new Map<string, Entry>();
      const decoder = createDecoder();
      let last = decoder.start(storeState([], 0n));
      let revision = 0n;
      for (const batch of history) {
        revision += 1n;
        const touched = new Map(batch.map((one) => [one.key, one]));
        const puts: Entry[] = [];
        const deletes: string[] = [];
        for (const [key, one] of touched) {
          if (one.kind === "delete") {
            entries.delete(key);
            deletes.push(key);
          } else {
            const next = written(one, entries.get(key), revision);
            entries.set(key, next);
            puts.push(next);
          }
        }
        last = decoder.change({ revision, puts, deletes });
      }
      const shuffled = [...entries.values()]
        .map((one) => ({ one, rank: order.next().value ?? 0 }))
        .sort((left, right) => left.rank - right.rank)
        .map(({ one }) => one);
      const fresh = createDecoder().start(storeState(shuffled, revision));
      expect(listing(last.state)).toBe(listing(fresh.state));
      expect(last.diagnostics).toEqual(fresh.diagnostics);
    });
    fc.assert(property, { seed, numRuns: 500 });
  });
});
