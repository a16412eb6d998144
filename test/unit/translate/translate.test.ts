import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import type { NodeSelection } from "../../../src/model/gateway.ts";
import type { GatewayName } from "../../../src/model/names.ts";
import {
  createTranslator,
  gatewaysOf,
  type Translation,
} from "../../../src/translate/translate.ts";
import { gateway, route, type ServiceParts, type StateParts, service, state } from "./states.ts";

const builtIn = gateway("default");
const options = { defaultGateway: builtIn };
const translate = (desired: DesiredState): Translation => createTranslator(options)(desired);

/** All that a translation says; a version stands for the bytes, which are slow to compare. */
function told({ shared, gateways, diagnostics }: Translation): unknown {
  const bundles = [...shared.values(), ...[...gateways.values()].map(({ bundle }) => bundle)];
  const resources = bundles.flatMap((bundle) =>
    bundle.resources.map(({ any: _, ...rest }) => ({ owner: bundle.owner, ...rest })),
  );
  return { resources, diagnostics };
}

const both: ServiceParts = { instances: [{ version: "v1" }, { version: "v2" }] };
const edge = "edge" as GatewayName;

describe("identity of bundles", () => {
  it("stays for everything that did not change", () => {
    const translator = createTranslator(options);
    const [web, api] = [service("web", both), service("api", both)];
    const first = translator(state({ services: [web, api] }));
    const second = translator(state({ services: [service("web", both), api] }));
    expect(second.shared.get("service/api")).toBe(first.shared.get("service/api"));
    expect(second.shared.get("service/web")).toBe(first.shared.get("service/web"));
    const third = translator(state({ services: [service("web"), api] }));
    expect(third.shared.get("service/web")).not.toBe(first.shared.get("service/web"));
    expect(third.shared.get("service/api")).toBe(first.shared.get("service/api"));
  });

  it("stays for a gateway as long as its virtual hosts do", () => {
    const translator = createTranslator(options);
    const web = service("web", both);
    const toWeb = route("site", ["site.example"], [{ to: [{ service: "web" }] }]);
    const parts: StateParts = { services: [web], gateways: [gateway("edge")], routes: [toWeb] };
    const first = translator(state(parts));
    const again = translator(state(parts));
    expect(again.gateways.get(edge)?.bundle).toBe(first.gateways.get(edge)?.bundle);
    const more = translator(state({ ...parts, services: [web, service("api", both)] }));
    expect(more.gateways.get(edge)?.bundle).not.toBe(first.gateways.get(edge)?.bundle);
    const [listener] = more.gateways.get(edge)?.bundle.resources ?? [];
    expect(listener).toBe(first.gateways.get(edge)?.bundle.resources[0]);
  });

  it("follows a service that comes after the route that names it", () => {
    const translator = createTranslator(options);
    const toWeb = route("site", ["site.example"], [{ to: [{ service: "web", subset: "v9" }] }]);
    const before = translator(state({ routes: [toWeb] }));
    expect(before.diagnostics.map(({ code }) => code)).toEqual(["BACKEND_UNKNOWN"]);
    const after = translator(state({ routes: [toWeb], services: [service("web", both)] }));
    expect(after.diagnostics.map(({ code }) => code)).toEqual(["SPLIT_UNKNOWN_SUBSET"]);
    const names = after.shared.get("service/web")?.resources.map(({ name }) => name) ?? [];
    expect(names).toContain("web/v9");
  });
});

describe("any translation", () => {
  const name = fc.constantFrom("web", "api", "Web", "shop");
  const version = fc.constantFrom("v1", "v2", "v3");
  const instance = fc.record(
    { version, weight: fc.integer({ min: 0, max: 200 }), canary: fc.boolean() },
    { requiredKeys: ["version"] },
  );
  const weights = fc.dictionary(version, fc.nat(100), { minKeys: 1 });
  const services = fc.uniqueArray(
    fc
      .record(
        { name, instances: fc.array(instance, { maxLength: 5 }), weights },
        { requiredKeys: ["name", "instances"] },
      )
      .map(({ name, ...parts }) => service(name, parts)),
    { selector: (each) => each.name },
  );
  const backend = fc.record(
    { service: name, subset: version, weight: fc.nat(10) },
    { requiredKeys: ["service"] },
  );
  const hostname = fc.constantFrom("web", "shop.example", "*.example", "*");
  const routes = fc
    .array(
      fc.record({
        hostnames: fc.uniqueArray(hostname, { maxLength: 3 }),
        rules: fc.array(fc.record({ to: fc.array(backend, { maxLength: 3 }) }), { maxLength: 3 }),
      }),
      { maxLength: 4 },
    )
    .map((list) => list.map(({ hostnames, rules }, i) => route(`r${i}`, hostnames, rules)));
  const gateways = fc.constantFrom(
    [],
    [gateway("edge")],
    [gateway("edge", { listeners: [{ name: "a", port: 80, hostname: "*.example" }] })],
  );
  const states = fc.record({ services, routes, gateways }).map(state);

  it("names nothing that is not there, and no name twice", () => {
    fc.assert(
      fc.property(states, (desired) => {
        const { shared, gateways } = translate(desired);
        const common = [...shared.values()].flatMap(({ resources }) => resources);
        for (const { bundle } of gateways.values()) {
          const view = [...common, ...bundle.resources];
          const names = new Set(view.map((each) => `${each.typeUrl} ${each.name}`));
          expect(names.size).toBe(view.length);
          const all = new Set(view.map((each) => each.name));
          for (const { references } of view) {
            for (const reference of references) expect(all).toContain(reference);
          }
        }
      }),
    );
  });

  it("is the same with a memory as without, whatever came before", () => {
    fc.assert(
      fc.property(fc.array(states, { minLength: 2, maxLength: 4 }), (history) => {
        const translator = createTranslator(options);
        for (const desired of history)
          expect(told(translator(desired))).toEqual(told(translate(desired)));
      }),
      { numRuns: 50 },
    );
  });

  it("does not depend on the order in which objects arrive", () => {
    const reversed = <K, V>(map: ReadonlyMap<K, V>) => new Map([...map].reverse());
    fc.assert(
      fc.property(states, (desired) => {
        const turned = {
          ...desired,
          services: reversed(desired.services),
          routes: reversed(desired.routes),
        };
        expect(told(translate(turned))).toEqual(told(translate(desired)));
      }),
      { numRuns: 50 },
    );
  });
});

describe("gateways of a node", () => {
  const node = (cluster: string): NodeSelection => ({ id: "n", cluster, metadata: new Map() });

  it("are those that select it, else the built-in one", () => {
    const parts = ["edge", "b", "a"].map((name) =>
      gateway(name, { cluster: name === "edge" ? "edge" : "inner" }),
    );
    const translation = translate(state({ gateways: parts }));
    expect(gatewaysOf(translation, node("edge"))).toEqual(["edge"]);
    expect(gatewaysOf(translation, node("inner"))).toEqual(["a", "b"]);
    expect(gatewaysOf(translation, node("other"))).toEqual(["default"]);
  });

  it("are none where an object took the name of the built-in one and selects others", () => {
    const own = gateway("default", { cluster: "edge" });
    const translation = translate(state({ gateways: [own] }));
    expect(gatewaysOf(translation, node("other"))).toEqual([]);
    expect(translation.gateways.get("default" as GatewayName)?.gateway).toBe(own);
  });
});
