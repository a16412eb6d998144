import { describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { createTranslator, type Translation } from "../../../src/translate/translate.ts";
import { route, type ServiceParts, type StateParts, service, state } from "./states.ts";

const limits = {
  subsets: 4,
  edgeMatches: 3,
  releaseRoutes: 6,
  layerServices: 100,
  diagnosticsPerKey: 2,
};
const translated = (parts: StateParts): Translation =>
  createTranslator({ defaultGateway: undefined, limits })(state(parts));

function clustersOf({ shared }: Translation): readonly string[] {
  const resources = shared.get("service/web")?.resources ?? [];
  return resources.filter(({ typeUrl }) => typeUrl === typeUrls.cluster).map(({ name }) => name);
}

const versions = (count: number): ServiceParts => ({
  instances: Array.from({ length: count }, (_, i) => ({ version: `v${count - i}` })),
});

describe("versions from tags", () => {
  it("are all there up to the bound", () => {
    const translation = translated({ services: [service("web", versions(4))] });
    expect(clustersOf(translation)).toEqual(["web/v1", "web/v2", "web/v3", "web/v4"]);
    expect(translation.diagnostics).toEqual([]);
  });

  it("get no cluster beyond it, in natural order, and one warning counts them", () => {
    const translation = translated({ services: [service("web", versions(12))] });
    expect(clustersOf(translation)).toEqual(["web/v1", "web/v2", "web/v3", "web/v4"]);
    expect(translation.diagnostics).toMatchObject([
      {
        severity: "warning",
        code: "SPLIT_UNKNOWN_SUBSET",
        key: "services/web",
        message: expect.stringContaining("of 12 versions: 8 of them get no cluster"),
      },
    ]);
  });

  it("stay where weights or routes name them", () => {
    const web = service("web", { ...versions(12), weights: { v2: 90, v11: 10 } });
    const to = route("r", ["a.example"], [{ to: [{ service: "web", subset: "v12" }] }]);
    const translation = translated({ services: [web], routes: [to] });
    expect(clustersOf(translation)).toEqual(["web/v1", "web/v2", "web/v11", "web/v12"]);
    expect(translation.diagnostics).toHaveLength(1);
  });

  it("do not count where the settings list the subsets", () => {
    const subsets = ["v1", "v2", "v3", "v4", "v5"].map((name) => ({ name }));
    const web = service("web", { ...versions(12), subsets });
    expect(clustersOf(translated({ services: [web] }))).toHaveLength(5);
  });
});

describe("mirrors to splits", () => {
  it("share the bound of routes with all rules of their route", () => {
    const plain = route(
      "r",
      ["a.example"],
      [
        {
          paths: [0, 1, 2].map((n) => ({ kind: "prefix", value: `/${n}` })),
          to: [{ service: "web" }],
        },
        { to: [{ service: "web" }] },
      ],
    );
    const web = service("web", { ...versions(2), weights: { v1: 1, v2: 1 } });
    const mirrors = [{ service: web.name, subset: undefined, perMillion: 1_000_000 }];
    const rules = plain.rules.map((rule) => ({ ...rule, filters: { ...rule.filters, mirrors } }));
    const { diagnostics } = translated({ services: [web], routes: [{ ...plain, rules }] });
    expect(diagnostics).toMatchObject([
      { code: "MIRROR_LEFT_OUT", key: "routes/r", path: "rules[1].filters" },
    ]);
  });
});

describe("diagnostics", () => {
  it("are the first ones of each key", () => {
    const to = ["a", "b", "c", "d"].map((missing) => ({ service: missing }));
    const routes = ["r", "s"].map((name) => route(name, [], [{ to }]));
    const told = translated({ routes }).diagnostics.map(({ key, path }) => `${key} ${path}`);
    expect(told).toEqual([
      "routes/r rules[0].backendRefs[0].name",
      "routes/r rules[0].backendRefs[1].name",
      "routes/s rules[0].backendRefs[0].name",
      "routes/s rules[0].backendRefs[1].name",
    ]);
  });
});
