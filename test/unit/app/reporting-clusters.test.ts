import { describe, expect, it } from "vitest";
import { withLoadReports } from "../../../src/app/reporting-clusters.ts";
import { decodeAny, decodeMessage } from "../../../src/proto/decode.ts";
import { encodeAny } from "../../../src/proto/encode.ts";
import type { Bundle } from "../../../src/snapshot/bundle.ts";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { indexedMap, patchedMap } from "../../../src/translate/layered-map.ts";
import { resource } from "../snapshot/resources.ts";

const clusterOf = (name: string, more: object = {}): Resource =>
  makeResource({
    typeUrl: typeUrls.cluster,
    name,
    any: encodeAny("envoy.config.cluster.v3.Cluster", { name, type: "EDS" }),
    references: [name],
    origins: ["services/web"],
    ...more,
  });

const assignment = resource(typeUrls.endpoint, "web/v1");
const aggregate = clusterOf("web/v2+v1", { references: [] });
const bundleOf = (owner: string, ...resources: readonly Resource[]): Bundle => ({
  owner,
  resources,
});
const bundlesOf = (...bundles: readonly Bundle[]) =>
  indexedMap(new Map(bundles.map((each) => [each.owner, each])));

const web = bundleOf("service/web", clusterOf("web/v1"), assignment, aggregate);
const raw = bundleOf("raw/resources/*/clusters/a", clusterOf("a"));
const sticky = bundleOf("sticky/routes/web", clusterOf("web/0/sticky"));

describe("clusters of gRPC clients", () => {
  it("say where their load is reported, and are else the same", () => {
    const made = withLoadReports(bundlesOf(web, raw, sticky));
    const [cluster, ...others] = made.get("service/web")?.resources ?? [];
    const { value } = decodeAny(cluster?.any ?? Buffer.alloc(0));
    expect(decodeMessage("envoy.config.cluster.v3.Cluster", value)).toEqual({
      ...{ name: "web/v1", type: "EDS" },
      lrs_server: { self: {} },
    });
    const [before] = web.resources;
    expect(cluster).toMatchObject({ name: "web/v1", references: ["web/v1"] });
    expect(cluster?.origins).toEqual(before?.origins);
    expect(cluster?.version).not.toBe(before?.version);
    expect(others).toEqual([assignment, aggregate]);
    expect(made.get("sticky/routes/web")?.resources[0]).not.toBe(sticky.resources[0]);
    expect(made.get(raw.owner)).toBe(raw);
    expect([...made.keys()]).toEqual([web.owner, raw.owner, sticky.owner]);
  });

  it("keep their identity while nothing changes, and one by one when something does", () => {
    const bundles = bundlesOf(web, raw);
    const made = withLoadReports(bundles);
    expect([...made.values()]).toEqual([...withLoadReports(bundles).values()]);
    expect(made.get(web.owner)).toBe(withLoadReports(bundles).get(web.owner));
    const moved = bundleOf(web.owner, ...web.resources, resource(typeUrls.endpoint, "web/v2"));
    const later = withLoadReports(patchedMap(bundles, new Map([[web.owner, moved]])));
    const changed = later.get(web.owner);
    expect(changed).not.toBe(made.get(web.owner));
    expect(changed?.resources[0]).toBe(made.get(web.owner)?.resources[0]);
    expect(later.get("none")).toBeUndefined();
  });
});
