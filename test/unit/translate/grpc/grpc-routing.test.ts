import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import type { HttpRoute, ParentRef } from "../../../../src/model/route.ts";
import type { Service } from "../../../../src/model/service.ts";
import { decodeAny, decodeMessage } from "../../../../src/proto/decode.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { shortName } from "../../../../src/snapshot/type-url.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { route, service, state, subsetName } from "../states.ts";

const web = service("web", {
  instances: [{ version: "v1" }, { version: "v2" }, { version: "v2" }],
  weights: { v1: 90, v2: 10 },
});
const others = Array.from({ length: 50 }, (_, n) =>
  service(`other-${n}`, { instances: [{ version: "v1" }] }),
);
const toV2 = (
  name: string,
  hostnames: readonly string[],
  parentRefs: readonly ParentRef[] = [],
) => ({
  ...route(name, hostnames, [{ to: [{ service: "web", subset: "v2" }] }]),
  parentRefs,
});
const parent = { kind: "service", service: "web" as ServiceName } as const;
const http2 = (of: Service): Service => ({
  ...of,
  settings: { ...of.settings, appProtocol: "http2" },
});

const translate = (services: readonly Service[], routes: readonly HttpRoute[]): Translation =>
  createTranslator({ defaultGateway: undefined })(state({ services, routes }));

const sharedOf = ({ shared }: Translation): readonly Resource[] =>
  [...shared.values()].flatMap(({ resources }) => resources);

const called = ({ typeUrl, name }: Resource): string => `${shortName(typeUrl)} ${name}`;

function routesOf(translation: Translation, name: string) {
  const resource = sharedOf(translation).find((each) => called(each) === `RDS ${name}`);
  const { value } = decodeAny(resource?.any ?? new Uint8Array());
  const decoded = decodeMessage("envoy.config.route.v3.RouteConfiguration", value);
  return (decoded.virtual_hosts?.[0]?.routes ?? []).map((each) => each.name ?? "split");
}

describe("routes hold for the gRPC clients of a service", () => {
  it.each<[string, readonly HttpRoute[], readonly string[]]>([
    ["its split, where there are none", [], ["split"]],
    ["by its name as hostname", [toV2("r", ["web"])], ["r/0/0"]],
    ["not by a hostname that is wider, or none", [toV2("r", ["*.web"]), toV2("s", [])], ["split"]],
    ["by the service as parent, whatever the hostnames", [toV2("r", ["a.b"], [parent])], ["r/0/0"]],
    [
      "not with other parents alone",
      [
        toV2(
          "r",
          ["web"],
          [{ kind: "gateway", gateway: "edge", listener: undefined, port: undefined }],
        ),
        toV2("s", ["web"], [{ kind: "service", service: "other" as ServiceName }]),
      ],
      ["split"],
    ],
    [
      "in their order, the service's hostname first",
      [toV2("a", [], [parent]), toV2("b", ["web"])],
      ["b/0/0", "a/0/0"],
    ],
  ])("%s", (_, routes, expected) => {
    expect(routesOf(translate([web], routes), "web")).toEqual(expected);
  });

  it("hosts have no case, services have", () => {
    const upper = { ...web, name: "Web" as ServiceName };
    const translation = translate([upper, web], [toV2("r", ["web"]), toV2("s", [], [parent])]);
    expect(routesOf(translation, "Web")).toEqual(["r/0/0"]);
    expect(routesOf(translation, "web")).toEqual(["r/0/0", "s/0/0"]);
  });

  it("and the split stands nowhere behind them", () => {
    const plain = route(
      "r",
      ["web"],
      [{ paths: [{ kind: "exact", value: "/a/B" }], to: [{ service: "web" }] }],
    );
    expect(routesOf(translate([web], [plain]), "web")).toEqual(["r/0/0"]);
  });
});

describe("what gRPC clients cannot do", () => {
  const limited = (of: HttpRoute): HttpRoute => ({
    ...of,
    rules: of.rules.map((rule) => ({
      ...rule,
      rateLimit: { requests: 1, perMs: 1_000, burst: 1 },
    })),
  });
  const told = (services: readonly Service[], routes: readonly HttpRoute[]) =>
    translate(services, routes)
      .diagnostics.filter(({ code }) => code === "GRPC_UNSUPPORTED")
      .map(({ key, message }) => `${key} ${message}`);

  it("is told once for each route that calls of gRPC can take", () => {
    const routes = [limited(toV2("r", ["web"])), limited(toV2("s", ["a.example"]))];
    expect(told([web], routes)).toEqual([]);
    expect(told([http2(web)], routes)).toEqual([
      "routes/r for gRPC clients without a proxy, in rules[0]: no rate is limited",
    ]);
  });

  it("is told of the settings of a service", () => {
    const settings = {
      ...web.settings,
      loadBalancing: { ...web.settings.loadBalancing, policy: "random" },
    } as const;
    expect(told([{ ...web, settings }], [])).toEqual([]);
    expect(told([http2({ ...web, settings })], [])).toHaveLength(1);
  });
});

describe("clusters for gRPC clients alone", () => {
  it("are beside those that they refuse, with the same endpoints", () => {
    const settings = {
      ...web.settings,
      loadBalancing: { ...web.settings.loadBalancing, policy: "leastRequest" },
    } as const;
    const shared = sharedOf(translate([{ ...web, settings }], []));
    const rds = shared.find((each) => called(each) === "RDS web");
    expect(rds?.references).toEqual(["web/v1/grpc", "web/v2/grpc"]);
    const cluster = shared.find((each) => called(each) === "CDS web/v1/grpc");
    expect(cluster?.references).toEqual(["web/v1"]);
  });

  it("are there for what must fail, only where something must", () => {
    const names = (routes: readonly HttpRoute[]) => sharedOf(translate([web], routes)).map(called);
    const failing = route("r", ["web"], [{ to: [{ service: "nobody" }] }]);
    expect(names([failing])).toEqual(
      expect.arrayContaining(["CDS ~unavailable", "EDS ~unavailable"]),
    );
    expect(names([toV2("r", ["web"])])).not.toContain("CDS ~unavailable");
  });

  it("are not among what services make, which Envoys choose from", () => {
    const { services } = translate([web], [sticky()]);
    const names = [...services.values()].flatMap(({ resources }) => resources.map(called));
    expect(names.filter((name) => name.includes("sticky"))).toEqual([]);
  });
});

const sticky = (): HttpRoute => {
  const plain = route("r", ["web"], [{ to: [{ service: "web" }] }]);
  const hashSplit = { headers: ["x-user"], salt: "", grpc: true };
  return { ...plain, rules: plain.rules.map((rule) => ({ ...rule, hashSplit })) };
};

/** What the second state touches. */
function touched(routes: readonly HttpRoute[], changed: Partial<Service>) {
  const translator = createTranslator({ defaultGateway: undefined });
  const base = state({ services: [web, ...others], routes });
  const first = translator(base);
  const { services } = state({ services: [{ ...web, ...changed }, ...others] });
  const second = translator({ ...base, services });
  const before = new Set(sharedOf(first).map(({ any }) => any));
  return {
    first,
    second,
    encoded: sharedOf(second)
      .filter(({ any }) => !before.has(any))
      .map(called),
    again: translator({ ...base, services, revision: 9n }),
  };
}

describe("a change", () => {
  const [first, second, third] = web.instances;

  it("of a split is one of the load assignment where users stay, and not of the routes", () => {
    const weights = [
      { subset: subsetName("v1"), weight: 50 },
      { subset: subsetName("v2"), weight: 50 },
    ];
    const { encoded } = touched([sticky()], { weights });
    expect(encoded).toEqual(["EDS r/0/sticky"]);
  });

  it("of endpoints reaches the load assignment where users stay", () => {
    const instances = [first, second].flatMap((each) => each ?? []);
    const { encoded } = touched([sticky()], { instances });
    expect(encoded.toSorted()).toEqual(["EDS r/0/sticky", "EDS web/v2"]);
  });

  it("of endpoints alone leaves routes as they are", () => {
    const drained = third === undefined ? [] : [{ ...third, weight: 0 }];
    const instances = [...[first, second].flatMap((each) => each ?? []), ...drained];
    const { encoded } = touched([toV2("r", ["web"])], { instances });
    expect(encoded).toEqual(["EDS web/v2"]);
  });

  it("of nothing keeps every map", () => {
    for (const routes of [[], [sticky()], [toV2("r", ["web"])]]) {
      const { second: before, again } = touched(routes, { weights: undefined });
      expect(again.services).toBe(before.services);
      expect(again.shared).toBe(before.shared);
    }
  });
});
