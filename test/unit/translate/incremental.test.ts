import { describe, expect, it } from "vitest";
import { emptyState } from "../../../src/model/desired-state.ts";
import type { Rollout } from "../../../src/model/rollout.ts";
import type { HttpRoute } from "../../../src/model/route.ts";
import type { Service } from "../../../src/model/service.ts";
import type { Resource } from "../../../src/snapshot/resource.ts";
import { shortName } from "../../../src/snapshot/type-url.ts";
import { noServices, translateServices } from "../../../src/translate/services.ts";
import { createTranslator, type Translation } from "../../../src/translate/translate.ts";
import { gateway, instance, route, type ServiceParts, service, state } from "./states.ts";

const count = 1_000;
const name = (n: number): string => `service-${String(n).padStart(4, "0")}`;
const parts: ServiceParts = {
  instances: [{ version: "v1" }, { version: "v1" }, { version: "v2" }, { version: "v2" }],
  weights: { v1: 95, v2: 5 },
};
const services = Array.from({ length: count }, (_, n) => service(name(n), parts));
const subject = services[500] ?? service("none");
const routes = [
  route("plain", ["plain.example"], [{ to: [{ service: subject.name }] }]),
  route("canary", ["canary.example"], [{ to: [{ service: subject.name, subset: "v2" }] }]),
];
const gateways = [
  gateway("edge", {
    listeners: [
      { name: "a", port: 80 },
      { name: "b", port: 81, hostname: "*.example" },
    ],
  }),
];
const withSubject = (changed: Service): readonly Service[] =>
  services.map((each) => (each === subject ? changed : each));

/** The subject with its n-th instance replaced. */
function withInstance(n: number, change: Partial<Service["instances"][number]>): Service {
  const instances = subject.instances.map((each, i) => (i === n ? { ...each, ...change } : each));
  return { ...subject, instances };
}

const allOf = ({ shared, gateways }: Translation): readonly Resource[] =>
  [...shared.values(), ...[...gateways.values()].map(({ bundle }) => bundle)].flatMap(
    ({ resources }) => resources,
  );

/** What the second state touches, after the first: resources that are other objects than before. */
function touched(changed: Service, with_: readonly HttpRoute[] = routes) {
  const translate = createTranslator({ defaultGateway: gateway("default") });
  // The decoder keeps what did not change.
  const base = state({ services, routes: with_, gateways });
  const first = translate(base);
  const { services: next } = state({ services: withSubject(changed) });
  const second = translate({ ...base, services: next });
  const before = new Set(allOf(first));
  const bytes = new Set(allOf(first).map(({ any }) => any));
  const others = allOf(second).filter((each) => !before.has(each));
  const called = (each: Resource): string => `${shortName(each.typeUrl)} ${each.name}`;
  return {
    all: others.map(called),
    encoded: others.filter(({ any }) => !bytes.has(any)).map(called),
    first,
    second,
  };
}

const kind = (call: string): string => call.split(" ", 1)[0] ?? "";

describe(`one change among ${count} services`, () => {
  it("an endpoint's weight inside its version makes one load assignment, and no routes", () => {
    const { all, first, second } = touched(withInstance(0, { weight: 50 }));
    expect(all).toHaveLength(1);
    expect(all[0]).toMatch(new RegExp(` ${subject.name}/v1$`));
    for (const [key, { bundle }] of first.gateways)
      expect(second.gateways.get(key)?.bundle).toBe(bundle);
  });

  it("an endpoint more encodes one load assignment; origins alone are new elsewhere", () => {
    const more = [...subject.instances, instance(subject.name, 9, { version: "v1" })];
    const origins = [`endpoints/${subject.name}/i9`, ...subject.origins];
    const { all, encoded } = touched({ ...subject, instances: more, origins });
    expect(encoded).toHaveLength(1);
    // Two clusters and their load assignments, and listener and routes of gRPC clients.
    expect(all).toHaveLength(6);
    expect(all.every((call) => call.includes(subject.name))).toBe(true);
  });

  it("a split makes the routes of gRPC clients and of each listener once", () => {
    const weights = subject.weights?.map((each) => ({ ...each, weight: 50 }));
    const { all } = touched({ ...subject, weights });
    expect(new Set(all.map(kind)).size).toBe(1);
    const names = all.map((call) => call.slice(kind(call).length + 1));
    expect(names).toEqual([subject.name, "edge/a", "edge/b", "default/http"]);
  });

  it("a split makes one virtual host of a service", () => {
    const from = { ...emptyState, services: state({ services }).services };
    const first = translateServices(from, 64, noServices);
    const changed = { ...subject, weights: undefined };
    const next = { ...from, services: state({ services: withSubject(changed) }).services };
    const second = translateServices(next, 64, first);
    const others = [...second.hosts].filter(([domain, host]) => first.hosts.get(domain) !== host);
    expect(others.map(([domain]) => domain)).toEqual([subject.name]);
    const [, host] = others[0] ?? [];
    expect(host?.virtualHost.clusters).toBe(first.hosts.get(subject.name)?.virtualHost.clusters);
  });

  it("a label that selects nothing touches nothing", () => {
    const labels = new Map([...(subject.instances[0]?.labels ?? []), ["rack", "7"]]);
    expect(touched(withInstance(0, { labels })).all).toEqual([]);
  });

  it("a guard alone touches nothing, not even in its own service", () => {
    const guard = [{ name: "http-5xx" }] as unknown as Service["settings"]["guard"];
    const { all, first, second } = touched({
      ...subject,
      settings: { ...subject.settings, guard },
    });
    expect(all).toEqual([]);
    expect(second.services.get(`service/${subject.name}`)).toBe(
      first.services.get(`service/${subject.name}`),
    );
    for (const [key, { bundle }] of first.gateways)
      expect(second.gateways.get(key)?.bundle).toBe(bundle);
  });

  it("a rollout touches nothing, and no service is looked into", () => {
    const translate = createTranslator({ defaultGateway: gateway("default") });
    const base = state({ services, routes, gateways });
    const first = translate(base);
    const rollout: Partial<Rollout> = { service: subject.name, steps: [] };
    const rollouts = new Map([[subject.name, rollout as Rollout]]);
    const second = translate({ ...base, rollouts });
    expect(second.shared).toBe(first.shared);
    expect(second.services).toBe(first.services);
    expect([...second.gateways.values()].map(({ bundle }) => bundle)).toEqual(
      [...first.gateways.values()].map(({ bundle }) => bundle),
    );
  });

  it("the last usable endpoint of a version does reach the routes that name it", () => {
    const drained = subject.instances.map((each, i) => (i < 2 ? each : { ...each, weight: 0 }));
    const { all, second } = touched({ ...subject, instances: drained });
    expect(all.some((call) => call.endsWith(" edge/b"))).toBe(true);
    const told = second.diagnostics.map(({ key, code }) => `${key} ${code}`);
    expect(told).toContain("routes/canary SPLIT_NO_ENDPOINTS");
  });
});
