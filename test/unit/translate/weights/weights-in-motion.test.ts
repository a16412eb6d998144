import { describe, expect, it } from "vitest";
import type { DesiredState } from "../../../../src/model/desired-state.ts";
import type { GatewayName, ServiceName } from "../../../../src/model/names.ts";
import type { HttpRoute } from "../../../../src/model/route.ts";
import type { Service } from "../../../../src/model/service.ts";
import { decodeAny, decodeMessage } from "../../../../src/proto/decode.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import { View } from "../../../../src/snapshot/view.ts";
import { unlimited } from "../../../../src/translate/limits.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { weightsRuntime } from "../../../../src/translate/weights/runtime.ts";
import { servicesInMotion } from "../../../../src/translate/weights/services-in-motion.ts";
import { gateway, route, service, state } from "../states.ts";

const two = [{ version: "v1" }, { version: "v2" }];
const split = (name: string, v1: number, v2: number): Service =>
  service(name, { instances: two, weights: { v1, v2 } });

const edgeGateway = gateway("edge");

function stateOf(
  services: readonly Service[],
  routes: readonly HttpRoute[] = [],
  revisions: Readonly<Record<string, bigint>> = {},
): DesiredState {
  const weighed = services.filter(({ weights }) => weights !== undefined);
  return {
    ...state({ services, routes, gateways: [edgeGateway] }),
    weightsRevisions: new Map(weighed.map(({ name }) => [name, revisions[name] ?? 1n])),
  };
}

const edge = (translation: Translation) => {
  const found = translation.gateways.get("edge" as GatewayName);
  if (found === undefined) throw new Error("no gateway");
  return found;
};

const routesIn = (resources: readonly Resource[]): Resource => {
  const found = resources.find(({ typeUrl }) => typeUrl === typeUrls.route);
  if (found === undefined) throw new Error("no routes");
  return found;
};

const splitsOf = ({ any }: Resource) => {
  const { value } = decodeAny(any);
  const { virtual_hosts: hosts = [] } = decodeMessage(
    "envoy.config.route.v3.RouteConfiguration",
    value,
  );
  return new Map(
    hosts.flatMap(({ name = "", routes = [] }) =>
      routes.map(({ route: action }) => {
        const { clusters = [], runtime_key_prefix: prefix } = action?.weighted_clusters ?? {};
        return [name, { prefix, weights: clusters.map(({ weight }) => weight?.value ?? 0) }];
      }),
    ),
  );
};

const translator = () => createTranslator({ defaultGateway: undefined, limits: unlimited });

describe("routes of weights in motion", () => {
  it("are the same object, and written to no table, while only weights change", () => {
    const translate = translator();
    const view = new View("weights:edge", { changeLogEntries: 100, milestones: 4 });
    const apply = (revision: bigint, { layered }: ReturnType<typeof edge>) =>
      view.apply(revision, new Map([[layered.owner, layered]]), 0);
    const before = edge(translate(stateOf([split("web", 90, 10), split("shop", 1, 1)])));
    apply(1n, before);
    const { generation } = view.table(typeUrls.route);
    const after = edge(translate(stateOf([split("web", 60, 40), split("shop", 1, 1)])));
    expect(after.layered).toBe(before.layered);
    expect(routesIn(after.bundle.resources)).not.toBe(routesIn(before.bundle.resources));
    expect(apply(2n, after)).toEqual([]);
    expect(view.table(typeUrls.route).generation).toBe(generation);
  });

  it("have weights at rest and a prefix; all others have their weights", () => {
    const own = route(
      "own",
      ["own"],
      [
        {
          to: [
            { service: "web", subset: "v1", weight: 90 },
            { service: "web", subset: "v2", weight: 10 },
          ],
        },
      ],
    );
    const mixed = route("mixed", ["mixed"], [{ to: [{ service: "web" }, { service: "shop" }] }]);
    const alone = route("alone", ["alone"], [{ to: [{ service: "web", weight: 7 }] }]);
    const services = [split("web", 90, 10), split("shop", 1, 0), split("done", 0, 1)];
    const { layered, bundle } = edge(translator()(stateOf(services, [own, mixed, alone])));
    const splits = splitsOf(routesIn(layered.resources));
    const prefix = splits.get("web")?.prefix;
    expect(prefix).toMatch(/^w\.[0-9a-f]{8}$/);
    expect(splits.get("web")).toEqual({ prefix, weights: [10_000, 0] });
    expect(splits.get("alone")).toEqual({ prefix, weights: [10_000, 0] });
    const plain = splitsOf(routesIn(bundle.resources));
    for (const name of ["own", "mixed", "shop", "done"]) {
      expect(splits.get(name)).toEqual(plain.get(name));
      expect(splits.get(name)?.prefix).toBeUndefined();
    }
    expect(plain.get("web")).toEqual({ prefix: undefined, weights: [9_000, 1_000] });
  });

  it("are those of everybody where nothing is in motion", () => {
    const { layered, bundle } = edge(translator()(stateOf([split("web", 0, 1)])));
    expect(layered).toBe(bundle);
  });
});

describe("the layer", () => {
  it("has what a version without endpoints leaves to the others, and is never all zero", () => {
    const web = service("web", { instances: [{ version: "v1" }], weights: { v1: 60, v2: 40 } });
    const { weights } = translator()(stateOf([web]));
    expect([...weights.inMotion]).toEqual(["web"]);
    const keys = weights.splitOf("web" as ServiceName);
    expect([...(keys?.weights ?? [])]).toEqual([
      ["web/v1", 10_000],
      ["web/v2", 0],
    ]);
    if (keys === undefined) throw new Error("no keys");
    const { layer } = decodeMessage(
      "envoy.service.runtime.v3.Runtime",
      decodeAny(weightsRuntime([keys]).any).value,
    );
    expect(layer).toEqual({
      [`${keys.prefix}.web/v1`]: 10_000,
      [`${keys.prefix}.web/v2`]: 0,
    });
  });

  it("has other keys for another list of clusters", () => {
    const translate = translator();
    const prefixOf = (web: Service) =>
      translate(stateOf([web])).weights.splitOf("web" as ServiceName)?.prefix;
    const first = prefixOf(split("web", 90, 10));
    expect(prefixOf(split("web", 10, 90))).toBe(first);
    const three = service("web", {
      instances: [...two, { version: "v3" }],
      weights: { v1: 90, v2: 10 },
    });
    expect(prefixOf(three)).not.toBe(first);
  });

  it("holds the services in release whose weights were written last, whatever came before", () => {
    const services = [split("a", 1, 1), split("b", 1, 1), split("c", 1, 1), split("d", 0, 1)];
    const given = stateOf(services, [], { a: 5n, b: 3n, c: 5n, d: 9n });
    const chosen = servicesInMotion(given, 2, new Set());
    expect([...chosen]).toEqual(["a", "c"]);
    expect(servicesInMotion(given, 2, chosen)).toBe(chosen);
    expect(servicesInMotion(given, 9, chosen).size).toBe(3);
  });
});
