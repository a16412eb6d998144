import { describe, expect, it } from "vitest";
import type { NodeResource, NodeSnapshot } from "../../../../src/model/node-snapshot.ts";
import { typeUrls } from "../../../../src/snapshot/type-url.ts";
import {
  noNodes,
  translateNode,
  translateNodes,
} from "../../../../src/translate/raw/node-resources.ts";

const resource = (typeUrl: string, json: object, version?: string): NodeResource => ({
  typeUrl,
  name: undefined,
  version,
  body: { kind: "json", json },
});
const cluster = (name: string, version?: string): NodeResource =>
  resource(typeUrls.cluster, { name, type: "STATIC" }, version);
const listener = (name: string, port_value: number): NodeResource => {
  const socket_address = { address: "0.0.0.0", port_value };
  return resource(typeUrls.listener, { name, address: { socket_address } });
};
const snapshot = (nodeId: string, ...resources: readonly NodeResource[]): NodeSnapshot => ({
  nodeId,
  resources,
  origin: `snapshots/${nodeId}`,
  revision: 7n,
});
const byId = (...all: readonly NodeSnapshot[]): ReadonlyMap<string, NodeSnapshot> =>
  new Map(all.map((each) => [each.nodeId, each]));

describe("the snapshot of a node", () => {
  it("is one bundle, under the versions that were given", () => {
    const { bundle, diagnostics } = translateNode(snapshot("n", cluster("a", "v7"), cluster("b")));
    expect(diagnostics).toEqual([]);
    expect(bundle.owner).toBe("node/n");
    expect(bundle.resources).toMatchObject([
      { name: "a", version: "v7", origins: ["snapshots/n"] },
      { name: "b", version: expect.stringMatching(/^[0-9a-f]{16}$/) },
    ]);
  });

  it("is served but for what is wrong, which is named by its place", () => {
    const secret = { name: "s", tls_certificate: { private_key: { inline_string: 5 } } };
    const { bundle, diagnostics } = translateNode(
      snapshot(
        "n",
        cluster("a"),
        resource(typeUrls.cluster, { connect_timeout: "1s" }),
        cluster("a"),
        listener("l", 80),
        listener("m", 80),
        listener("n", 81),
        resource(typeUrls.secret, secret),
      ),
    );
    expect(bundle.resources.map(({ name }) => name)).toEqual(["a", "l", "n"]);
    expect(diagnostics.map(({ code, path }) => `${code} ${path}`)).toEqual([
      "RESOURCE_INVALID resources[1].resource.name",
      "NAME_CLASH resources[2]",
      "LISTENER_CLASH resources[4]",
      "RESOURCE_INVALID resources[6].resource.tls_certificate.private_key.inline_string",
    ]);
    expect(diagnostics[1]?.message).toBe(
      "resources[0] is a CDS resource a already; it is left out",
    );
    expect(diagnostics[2]?.message).toBe(
      "listener m at 0.0.0.0:80 clashes with listener l; it is left out",
    );
    for (const each of diagnostics) {
      expect(each).toMatchObject({ severity: "error", key: "snapshots/n", revision: 7n });
    }
  });

  it("is warned of where it names what it does not hold", () => {
    const eds_cluster_config = { eds_config: { ads: {} } };
    const a = resource(typeUrls.cluster, { name: "a", type: "EDS", eds_cluster_config });
    const { bundle, diagnostics } = translateNode(snapshot("n", a));
    expect(bundle.resources).toHaveLength(1);
    expect(diagnostics).toMatchObject([
      { severity: "warning", code: "REFERENCE_MISSING", path: "resources[0]" },
    ]);
  });
});

describe("the snapshots of all nodes", () => {
  it("keep what did not change", () => {
    const [n, m] = [snapshot("n", cluster("a")), snapshot("m", cluster("b"))];
    const first = translateNodes(byId(n, m), noNodes);
    expect(translateNodes(byId(n, m), first)).toBe(first);
    const second = translateNodes(byId(n, snapshot("m", cluster("c"))), first);
    expect(second.bundles.get("n")).toBe(first.bundles.get("n"));
    expect(second.bundles.get("m")).not.toBe(first.bundles.get("m"));
    expect([...translateNodes(byId(n), second).bundles.keys()]).toEqual(["n"]);
    expect(translateNodes(new Map(), noNodes)).toBe(noNodes);
  });
});

describe("the snapshot of a node that was good once", () => {
  const wrong = resource(typeUrls.cluster, { connect_timeout: "1s" });
  const good = snapshot("n", cluster("a"), listener("l", 80));
  const first = translateNodes(byId(good), noNodes);

  it("stays in force whole while anything in the new one is refused", () => {
    const bad = { ...snapshot("n", cluster("b"), wrong, listener("l", 81)), revision: 8n };
    const second = translateNodes(byId(bad), first);
    expect(second.bundles.get("n")).toBe(first.bundles.get("n"));
    expect(second.diagnostics).toMatchObject([{ severity: "error", revision: 8n }]);
    expect(second.diagnostics[0]?.message).toMatch(/; revision 7 stays in force$/);
    const worse = { ...snapshot("n", listener("l", 80), listener("m", 80)), revision: 9n };
    const third = translateNodes(byId(worse), second);
    expect(third.bundles.get("n")).toBe(first.bundles.get("n"));
    expect(third.diagnostics[0]?.message).toBe(
      "listener m at 0.0.0.0:80 clashes with listener l; revision 7 stays in force",
    );
    const mended = translateNodes(byId({ ...snapshot("n", cluster("b")), revision: 10n }), third);
    expect(mended.bundles.get("n")?.resources.map(({ name }) => name)).toEqual(["b"]);
    expect(mended.diagnostics).toEqual([]);
  });

  it("is forgotten with its key, and without one what is right is served", () => {
    const bad = snapshot("n", cluster("b"), wrong);
    const gone = translateNodes(new Map(), first);
    const again = translateNodes(byId(bad), gone);
    expect(again.bundles.get("n")?.resources.map(({ name }) => name)).toEqual(["b"]);
    expect(again.diagnostics[0]?.message).not.toContain("in force");
  });

  it("gives way to one that only names what it does not hold", () => {
    const eds_cluster_config = { eds_config: { ads: {} } };
    const lacking = snapshot(
      "n",
      resource(typeUrls.cluster, { name: "a", type: "EDS", eds_cluster_config }),
    );
    const second = translateNodes(byId(lacking), first);
    expect(second.bundles.get("n")?.resources.map(({ name }) => name)).toEqual(["a"]);
  });
});
