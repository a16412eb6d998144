/** Who is sick for serin's probes: gRPC clients go elsewhere, and Envoys get the very same as before. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import "../../../support/seed.ts";
import { decodeAny } from "../../../../src/proto/decode.ts";
import { toJson } from "../../../../src/proto/json.ts";
import { ourRoot } from "../../../../src/proto/root.ts";
import type { Bundle } from "../../../../src/snapshot/bundle.ts";
import { shortName } from "../../../../src/snapshot/type-url.ts";
import { createDecoder } from "../../../../src/store/decode/decoder.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { entry, storeState } from "../../store/decode-entries.ts";

type Objects = Readonly<Record<string, unknown>>;

const addresses = { a: "10.0.0.1:80", b: "10.0.0.2:80", c: "10.0.0.3:80" } as const;
type Id = keyof typeof addresses;

const base: Objects = {
  "gateways/edge": { listeners: [{ name: "http", port: 10_000 }] },
  "services/web": { appProtocol: "grpc", healthCheck: { http: {} } },
  "endpoints/web/a": { address: addresses.a, version: "v1" },
  "endpoints/web/b": { address: addresses.b, version: "v2" },
  "endpoints/web/c": { address: addresses.c, version: "v2" },
  "weights/web": { v1: 90, v2: 10 },
};
const sick = (...ids: readonly Id[]): Objects => ({
  "status/health/web": {
    sick: Object.fromEntries(
      ids.map((id) => [addresses[id], { sinceMs: 1, kind: "answer", reason: "503" }]),
    ),
    operation: "1",
  },
});

const stateOf = (objects: Objects) => {
  const entries = Object.entries(objects).map(([key, value], i) =>
    entry(key, value, BigInt(i + 1)),
  );
  const { state, diagnostics } = createDecoder().start(storeState(entries, 99n));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return state;
};
const translated = (objects: Objects): Translation =>
  createTranslator({ defaultGateway: undefined })(stateOf({ ...base, ...objects }));

type Bundles = ReadonlyMap<string, Bundle>;

/** Type and name → bytes. */
const bytesOf = (bundles: Bundles): ReadonlyMap<string, string> =>
  new Map(
    [...bundles.values()].flatMap(({ resources }) =>
      resources.map(({ typeUrl, name, any }) => [
        `${shortName(typeUrl)} ${name}`,
        Buffer.from(any).toString("base64"),
      ]),
    ),
  );

interface Read {
  /** Address → status, of one load assignment. */
  health(assignment: string): Readonly<Record<string, string>>;
  /** Cluster → weight, of the first route of a route configuration with weights. */
  weights(routes: string): Readonly<Record<string, number>>;
}

/* biome-ignore lint/suspicious/noExplicitAny: JSON of a message. */
type Json = any;

function read(bundles: Bundles): Read {
  const found = (type: string, name: string): Json => {
    const all = [...bundles.values()].flatMap(({ resources }) => resources);
    const one = all.find((each) => shortName(each.typeUrl) === type && each.name === name);
    if (one === undefined) throw new Error(`no ${type} ${name}`);
    return toJson(ourRoot(), one.typeUrl, decodeAny(one.any).value);
  };
  return {
    health: (name) =>
      Object.fromEntries(
        (found("EDS", name).endpoints ?? []).flatMap((locality: Json) =>
          locality.lb_endpoints.map((each: Json) => {
            const { address, port_value } = each.endpoint.address.socket_address;
            return [`${address}:${port_value}`, each.health_status ?? "UNKNOWN"];
          }),
        ),
      ),
    weights(name) {
      const [{ route }] = found("RDS", name).virtual_hosts[0].routes;
      if (route.cluster !== undefined) return { [route.cluster]: 1 };
      const { clusters } = route.weighted_clusters;
      return Object.fromEntries(clusters.map((each: Json) => [each.name, each.weight ?? 0]));
    },
  };
}

const forGrpc = (objects: Objects): Read => read(translated(objects).forGrpc);
const told = ({ diagnostics }: Translation) =>
  diagnostics.filter(({ code }) => code === "SUBSET_SICK").map(({ message }) => message);

describe("an instance that serin's probes find sick", () => {
  it("is marked for gRPC clients, and the others of its version take its calls", () => {
    const seen = forGrpc(sick("b"));
    expect(seen.health("web/v2")).toEqual({ [addresses.b]: "UNHEALTHY", [addresses.c]: "UNKNOWN" });
    expect(seen.weights("web")).toEqual({ "web/v1": 9_000, "web/v2": 1_000 });
  });

  it("takes the share of its version with it where it is the last one", () => {
    const translation = translated(sick("b", "c"));
    const seen = read(translation.forGrpc);
    expect(seen.weights("web")).toEqual({ "web/v1": 10_000, "web/v2": 0 });
    expect(Object.values(seen.health("web/v2"))).toEqual(["UNHEALTHY", "UNHEALTHY"]);
    expect(told(translation)).toEqual([
      "serin's probes find no instance of web/v2 well: calls of gRPC clients go elsewhere",
    ]);
  });

  it("may be connected to when it is back, before its version has its share again", () => {
    const back = { sinceMs: 1, kind: "answer", reason: "503", backMs: 2 };
    const status = { [addresses.b]: { ...back, backMs: undefined }, [addresses.c]: back };
    const seen = forGrpc({ "status/health/web": { sick: status, operation: "1" } });
    expect(seen.weights("web")).toEqual({ "web/v1": 10_000, "web/v2": 0 });
    expect(seen.health("web/v2")).toEqual({ [addresses.b]: "UNHEALTHY", [addresses.c]: "UNKNOWN" });
    const beside = { "status/health/web": { sick: { [addresses.c]: back }, operation: "1" } };
    expect(forGrpc(beside).weights("web")).toEqual({ "web/v1": 9_000, "web/v2": 1_000 });
  });

  it("keeps its place in a split by tags, as the rest of its version does", () => {
    const { "weights/web": weights, ...tags } = base;
    expect(weights).toBeDefined();
    const state = (objects: Objects) => stateOf({ ...tags, ...objects });
    const seen = (objects: Objects) =>
      read(createTranslator({ defaultGateway: undefined })(state(objects)).forGrpc).weights("web");
    expect(seen(sick("b"))).toEqual(seen({}));
    expect(seen(sick("b", "c"))).toEqual({ "web/v1": 10_000, "web/v2": 0 });
  });

  it("gives way to the fallback that its version names", () => {
    const subsets = [{ name: "v1" }, { name: "v2", fallback: "v3" }, { name: "v3" }];
    const seen = forGrpc({
      ...{ "services/web": { appProtocol: "grpc", healthCheck: {}, subsets }, ...sick("b", "c") },
      "endpoints/web/d": { address: "10.0.0.4:80", version: "v3" },
    });
    expect(seen.weights("web")).toEqual({ "web/v1": 9_000, "web/v2": 0, "web/v3": 1_000 });
  });

  it("takes routes that lead to it by name elsewhere, and sticky splits", () => {
    const rules = [
      {
        backendRefs: [
          { name: "web", subset: "v1", weight: 3 },
          { name: "web", subset: "v2" },
        ],
      },
    ];
    const route = { "grpcroutes/web": { hostnames: ["web"], rules } };
    expect(forGrpc(route).weights("web")).toEqual({ "web/v1": 7_500, "web/v2": 2_500 });
    expect(forGrpc({ ...route, ...sick("b", "c") }).weights("web")).toEqual({
      "web/v1": 10_000,
      "web/v2": 0,
    });
    const hashSplit = { headers: [{ name: "X-User-Id" }], grpc: true };
    const sticky = {
      "grpcroutes/web": {
        hostnames: ["web"],
        rules: [{ hashSplit, backendRefs: [{ name: "web" }] }],
      },
    };
    const name = "web/0/sticky/grpc";
    expect(Object.keys(forGrpc(sticky).health(name))).toHaveLength(3);
    expect(forGrpc({ ...sticky, ...sick("b") }).health(name)[addresses.b]).toBe("UNHEALTHY");
    expect(forGrpc({ ...sticky, ...sick("b", "c") }).health(name)).toEqual({
      [addresses.a]: "UNKNOWN",
    });
  });
});

describe("nobody is marked", () => {
  it.each<[string, Objects, string | undefined]>([
    ["where all instances are sick", sick("a", "b", "c"), "v1"],
    ["of the stable version where all of it is", sick("a"), "v1"],
    [
      "of a version that nobody with weight stands in for",
      { ...sick("b", "c"), "weights/web": { v1: 0, v2: 100 } },
      "v2",
    ],
    ["where the service has no checks any more", { ...sick("b"), "services/web": {} }, undefined],
    ["at an address that no instance has", { ...sick("b"), "endpoints/web/b": null }, undefined],
  ])("%s", (_, objects, spared) => {
    const { "endpoints/web/b": gone, ...rest } = { ...base, ...objects };
    const all = gone === null ? rest : { ...base, ...objects };
    const translation = createTranslator({ defaultGateway: undefined })(stateOf(all));
    expect(bytesOf(translation.forGrpc)).toEqual(bytesOf(translation.shared));
    const says = told(translation).filter((each) => each.includes(`web/${spared}`));
    expect(says).toEqual(
      spared === undefined
        ? []
        : [
            `serin's probes find no instance of web/${spared} well, but nobody stands in: gRPC clients try its instances all the same`,
          ],
    );
  });
});

describe("lanes", () => {
  const lane = (mode: string): Objects => ({
    "lanes/gray": { mode },
    "endpoints/web/b": { address: addresses.b, version: "v2", labels: { lane: "gray" } },
    "weights/web": { v1: 100 },
  });
  const inLane = (objects: Objects): Json => {
    const { forGrpc: bundles } = translated(objects);
    const routes = [...bundles.values()]
      .flatMap(({ resources }) => resources)
      .find((each) => shortName(each.typeUrl) === "RDS" && each.name === "web");
    if (routes === undefined) throw new Error("no routes");
    const message: Json = toJson(ourRoot(), routes.typeUrl, decodeAny(routes.any).value);
    return message.virtual_hosts[0].routes.filter((each: Json) => each.name?.includes("gray"));
  };

  it("that are permissive pass their requests to the baseline while they are sick", () => {
    expect(inLane(lane("permissive"))).not.toEqual([]);
    expect(inLane({ ...lane("permissive"), ...sick("b") })).toEqual([]);
  });

  it("that are strict keep theirs, and nobody is marked", () => {
    const strict = translated({ ...lane("strict"), ...sick("b") });
    expect(bytesOf(strict.forGrpc)).toEqual(bytesOf(strict.shared));
  });
});

describe("what Envoys get", () => {
  const ids = Object.keys(addresses) as readonly Id[];
  const someSick = fc.subarray([...ids]);
  const worlds: readonly Objects[] = [
    {},
    {
      "routes/web": {
        hostnames: ["web"],
        rules: [{ backendRefs: [{ name: "web", subset: "v2" }, { name: "web" }] }],
      },
    },
    { "lanes/gray": {}, "endpoints/web/c": { address: addresses.c, labels: { lane: "gray" } } },
  ];
  /** All but what is for gRPC clients alone. */
  const seenByEnvoys = ({ shared, services, gateways, weights, secrets }: Translation) => [
    bytesOf(shared),
    bytesOf(services),
    bytesOf(new Map([...gateways].map(([name, { bundle }]) => [name, bundle]))),
    bytesOf(new Map([...gateways].map(([name, { layered }]) => [name, layered]))),
    weights.inMotion,
    secrets,
  ];

  it("does not depend on the verdicts, and what clients get not on what was there before", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...worlds),
        fc.array(someSick, { minLength: 1, maxLength: 6 }),
        (world, verdicts) => {
          const plain = seenByEnvoys(translated(world));
          const translate = createTranslator({ defaultGateway: undefined });
          for (const each of verdicts) {
            const objects = { ...base, ...world, ...(each.length === 0 ? {} : sick(...each)) };
            const now = translate(stateOf(objects));
            expect(seenByEnvoys(now)).toEqual(plain);
            expect(bytesOf(now.forGrpc)).toEqual(
              bytesOf(translated({ ...world, ...sick(...each) }).forGrpc),
            );
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  it("are the very same objects, and so are those of other services for gRPC clients", () => {
    const decoder = createDecoder();
    const translate = createTranslator({ defaultGateway: undefined });
    const all = { ...base, "endpoints/api/a": { address: "10.0.1.1:80" } };
    const entries = Object.entries(all).map(([key, value]) => entry(key, value));
    const first = translate(decoder.start(storeState(entries)).state);
    const [key = "", value] = Object.entries(sick("b", "c"))[0] ?? [];
    const change = { revision: 2n, puts: [entry(key, value, 2n)], deletes: [] };
    const second = translate(decoder.change(change).state);
    expect(second.services.get("service/web")).toBe(first.services.get("service/web"));
    expect(second.gateways.get("edge" as never)?.bundle).toBe(
      first.gateways.get("edge" as never)?.bundle,
    );
    expect(second.forGrpc.get("service/api")).toBe(first.forGrpc.get("service/api"));
    const changed = second.forGrpc
      .get("service/web")
      ?.resources.filter(
        (each) => first.forGrpc.get("service/web")?.resources.includes(each) !== true,
      )
      .map(({ typeUrl, name }) => `${shortName(typeUrl)} ${name}`);
    expect(changed).toEqual(["EDS web/v2", "RDS web"]);
    const third = translate(decoder.change({ revision: 3n, puts: [], deletes: [key] }).state);
    expect(third.forGrpc).toBe(third.shared);
    expect(bytesOf(third.forGrpc)).toEqual(bytesOf(first.forGrpc));
  });
});
