import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { scopeOf } from "../../../../src/app/view-scope.ts";
import type { ParentRef } from "../../../../src/model/route.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import { neededBy } from "../../../../src/translate/raw/raw-references.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { entry, lane } from "../lane/lanes.ts";
import { route, type ServiceParts, service } from "../states.ts";
import {
  at,
  gatewayOf,
  type ListenerParts,
  type Objects,
  ofService,
  type PlainListener,
  type PlainRoutes,
  passthrough,
  plain,
  secret,
  stateOf,
  streamRoute,
  terminate,
  withParents,
} from "./parts.ts";

/**
 * Objects come from a fixed pool, so that in a history much stays the same object, as it does when
 * the decoder makes them: that is what the memory of a translator goes by.
 */
const parts: Readonly<Record<string, ServiceParts>> = {
  plain: { instances: [{ version: "v1" }] },
  two: { instances: [{ version: "v1" }, { version: "v2" }], weights: { v1: 9, v2: 1 } },
  gray: { instances: [{ version: "v1" }, { version: "v1", labels: { lane: "gray" } }] },
};
const services = ["web", "shop", "x.example"].map((name) =>
  Object.values(parts).map((each) => service(name, each)),
);
const parents: readonly (readonly ParentRef[])[] = [
  [],
  [at("edge")],
  [at("edge", "a")],
  [at("inner"), at("nowhere")],
  [at("edge", undefined, 443)],
  [ofService("web")],
];
const hostnames = [[], ["*.example"], ["x.example", "y.example"], ["*", "web"]];
const pool = <T>(make: (parents: readonly ParentRef[], hostnames: readonly string[]) => T) =>
  parents.flatMap((refs) => hostnames.map((hosts) => make(refs, hosts)));
const routes = ["r0", "r1"].map((name, n) =>
  pool((refs, hosts) =>
    withParents(route(name, hosts, [{ to: [{ service: n === 0 ? "web" : "shop" }] }]), ...refs),
  ),
);
const streams = (["tcp", "tls"] as const).flatMap((kind) =>
  ["s0", "s1"].map((name) =>
    pool((parentRefs, hosts) =>
      streamRoute(kind, name, { web: 2, nobody: 1 }, { parentRefs, hostnames: hosts }),
    ),
  ),
);
const hosts = [undefined, "x.example", "*.example", "web", "*.b.example"];
const kinds: readonly ListenerParts[] = [
  {},
  { port: 443, protocol: "HTTPS", tls: terminate(["s"]) },
  { port: 443, protocol: "HTTPS", tls: terminate(["s", "t"], "s") },
  { port: 443, protocol: "TLS", tls: passthrough },
  { port: 443, protocol: "TLS", tls: terminate(["t"]) },
  { port: 90, protocol: "TCP" },
];
const listener = fc
  .record({
    kind: fc.constantFrom(...kinds),
    hostname: fc.constantFrom(...hosts),
    services: fc.constantFrom<ListenerParts["services"]>("all", "none", ["web", "nobody"]),
  })
  .map(({ kind, ...rest }) => ({ ...kind, ...rest }) as ListenerParts);
const listenersOf = fc
  .array(listener, { minLength: 1, maxLength: 4 })
  .map((list) => Object.fromEntries(list.map((each, i) => ["abcd"[i] ?? "e", each])));
const gateways = fc
  .tuple(listenersOf, listenersOf)
  .map(([edge, inner]) => [gatewayOf("edge", edge), gatewayOf("inner", inner)]);
const secrets = [
  [secret("s", { certificate: "S", ca: "A" }), secret("s", { certificate: "S2" })],
  [secret("t", { certificate: "T" })],
];
const lanes = [[lane("gray"), lane("gray", { entries: [entry()] })]];

/** One of each list, or none. */
const some = <T>(lists: readonly (readonly T[])[]): fc.Arbitrary<readonly T[]> =>
  fc
    .tuple(...lists.map((list) => fc.option(fc.constantFrom(...list), { nil: undefined })))
    .map((chosen) => chosen.flatMap((each) => (each === undefined ? [] : [each])));

const objects: fc.Arbitrary<Objects> = fc.record({
  services: some(services),
  routes: some(routes),
  streams: some(streams),
  gateways,
  secrets: some(secrets),
  lanes: some(lanes),
});

/** Histories in which each state is the last one with some of it replaced. */
const histories = fc
  .array(
    fc.record({
      next: objects,
      keep: fc.subarray(["services", "routes", "streams", "gateways", "secrets", "lanes"] as const),
    }),
    {
      minLength: 2,
      maxLength: 6,
    },
  )
  .map((steps) => {
    let last: Objects = {};
    return steps.map(({ next, keep }) => {
      last = { ...next, ...Object.fromEntries(keep.map((key) => [key, last[key] ?? next[key]])) };
      return stateOf(last);
    });
  });

const translator = () => createTranslator({ defaultGateway: gatewayOf("default", { http: {} }) });

/** A version stands for the bytes. */
const resourcesTold = (resources: Iterable<Resource>) =>
  [...resources].map(({ any: _, ...rest }) => rest);

const told = ({ shared, gateways: all, secrets: own, diagnostics }: Translation) => ({
  shared: resourcesTold([...shared.values()].flatMap(({ resources }) => resources)),
  gateways: [...all].map(([name, { bundle }]) => [name, resourcesTold(bundle.resources)]),
  secrets: resourcesTold(own.values()),
  diagnostics,
});

describe("any gateways, routes, secrets and lanes", () => {
  it("come out the same with a memory as without, whatever came before", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const translate = translator();
        for (const state of history) {
          expect(told(translate(state))).toEqual(told(translator()(state)));
        }
      }),
      { numRuns: 60 },
    );
  });

  it("make what Envoy takes: hosts and chains once, nothing named that is not there", () => {
    fc.assert(
      fc.property(objects, (each) => {
        const translation = translator()(stateOf(each));
        const shared = [...translation.shared.values()].flatMap(({ resources }) => resources);
        for (const { bundle } of translation.gateways.values()) {
          const view = [...shared, ...bundle.resources, ...translation.secrets.values()];
          const there = new Set(view.map(({ typeUrl, name }) => `${typeUrl} ${name}`));
          expect(there.size).toBe(view.length);
          for (const need of bundle.resources.flatMap(neededBy)) {
            expect(there).toContain(`${need.typeUrl} ${need.name}`);
          }
          bundle.resources.forEach(expectSound);
          const sockets = bundle.resources.flatMap((resource) => resource.sockets);
          expect(new Set(sockets).size).toBe(sockets.length);
        }
      }),
      { numRuns: 150 },
    );
  });
});

function expectSound(resource: Resource): void {
  if (resource.typeUrl === typeUrls.route) {
    const { virtual_hosts: all = [] } = plain<PlainRoutes>(resource);
    const domains = all.flatMap((host) => host.domains);
    expect(new Set(domains).size).toBe(domains.length);
    expect(domains.toSorted()).toEqual(domains);
  }
  if (resource.typeUrl === typeUrls.listener) {
    const { filter_chains: chains } = plain<PlainListener>(resource);
    expect(chains.length).toBeGreaterThan(0);
    const names = chains.map((each) => (each.filter_chain_match?.server_names ?? ["*"]).join());
    expect(new Set(names).size).toBe(names.length);
    for (const { filters } of chains) {
      const weighted = filters[0]?.typed_config.weighted_clusters?.clusters ?? [];
      expect(weighted.every(({ weight }) => weight >= 1)).toBe(true);
    }
  }
}

describe("the scope of a view", () => {
  it("is the same with a memory as without, and whole", () => {
    fc.assert(
      fc.property(histories, (history) => {
        const translate = translator();
        let scope: ReturnType<typeof scopeOf> | undefined;
        for (const state of history) {
          const translation = translate(state);
          const bundles = [...translation.gateways.values()].slice(0, 1).map((one) => one.bundle);
          const roots = bundles.flatMap(({ resources }) => resources);
          scope = scopeOf(translation.services, bundles, scope);
          const fresh = scopeOf(translation.services, bundles, undefined);
          expect([...scope.kept]).toEqual([...fresh.kept]);
          const kept = [...scope.kept.values()].flatMap(({ resources }) => resources);
          const needed = [...roots, ...kept].flatMap(neededBy);
          const named = new Set(needed.map(({ typeUrl, name }) => `${typeUrl} ${name}`));
          // All that is kept is needed, and all that is needed and made by services is kept.
          for (const { typeUrl, name } of kept) expect(named).toContain(`${typeUrl} ${name}`);
          const there = new Set(kept.map(({ typeUrl, name }) => `${typeUrl} ${name}`));
          for (const { typeUrl, name } of needed) {
            if (typeUrl !== typeUrls.cluster && typeUrl !== typeUrls.endpoint) continue;
            expect(there).toContain(`${typeUrl} ${name}`);
          }
        }
      }),
      { numRuns: 60 },
    );
  });
});
