import { describe, expect, it } from "vitest";
import type { NodeSnapshot } from "../../../src/model/node-snapshot.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import {
  caseOf,
  complaints,
  decodeOne,
  entry,
  expectCase,
  invalid,
  storeState,
} from "./decode-entries.ts";

const key = "snapshots/sidecar~10.0.0.1~web";
const url = (message: string): string => `type.googleapis.com/envoy.${message}`;
const cluster = url("config.cluster.v3.Cluster");
const secret = url("extensions.transport_sockets.tls.v3.Secret");

function snapshotOf(value: unknown): NodeSnapshot | undefined {
  const [snapshot] = decodeOne(key, value).state.nodeSnapshots.values();
  return snapshot;
}

describe("a snapshot of a node", () => {
  it("is resources with versions of their own or of their type", () => {
    const value = {
      versions: { cds: "v7", "envoy.config.listener.v3.Listener": "l1" },
      resources: [
        { type: "cds", resource: { name: "a", connect_timeout: "1s" } },
        { type: cluster, name: "b", version: "own", resource: {} },
        { resource: { "@type": url("config.listener.v3.Listener"), name: "l" } },
        { type: "eds", any: "AAECAw==" },
      ],
    };
    expect(snapshotOf(value)).toEqual({
      nodeId: "sidecar~10.0.0.1~web",
      origin: key,
      revision: 1n,
      resources: [
        {
          typeUrl: cluster,
          name: undefined,
          version: "v7",
          body: { kind: "json", json: { name: "a", connect_timeout: "1s" } },
        },
        { typeUrl: cluster, name: "b", version: "own", body: { kind: "json", json: {} } },
        {
          typeUrl: url("config.listener.v3.Listener"),
          name: undefined,
          version: "l1",
          body: { kind: "json", json: { name: "l" } },
        },
        {
          typeUrl: url("config.endpoint.v3.ClusterLoadAssignment"),
          name: undefined,
          version: undefined,
          body: { kind: "any", bytes: Uint8Array.of(0, 1, 2, 3) },
        },
      ],
    });
    const document = { apiVersion: "serin/v1", kind: "NodeSnapshot", spec: value };
    expect(snapshotOf(document)).toEqual(snapshotOf(value));
    expect(snapshotOf({ resources: [] })?.resources).toEqual([]);
  });

  it("written again as it was has a new revision, and has not changed", () => {
    const decoder = createDecoder();
    const value = { resources: [{ type: "cds", resource: { name: "a" } }] };
    decoder.start(storeState([entry(key, value, 1n)]));
    const again = decoder.change({ revision: 2n, puts: [entry(key, value, 2n, 1n)], deletes: [] });
    expect([...again.state.nodeSnapshots.values()][0]?.revision).toBe(2n);
    expect(again.changedKeys).toEqual([]);
  });
});

const unknownType =
  "expected a type such as cds, or a message name such as envoy.config.cluster.v3.Cluster";
const strict = "a field is not known, and without it the rest may mean too much";
const list = (...resources: readonly object[]): object => ({ resources });

describe("a snapshot that is wrong", () => {
  it.each([
    caseOf(key, {}, invalid("resources", "expected a list, but it is missing")),
    caseOf(key, { resources: [], version: "1" }, invalid("", strict)),
    caseOf(key, list({ type: "cds", resource: {}, Name: "a" }), invalid("resources[0]", strict)),
    caseOf(
      key,
      list({ type: "cds" }, { type: "cds", resource: {}, any: "AAAA" }),
      invalid("resources[0].resource", "expected either resource or any"),
      invalid("resources[1].resource", "expected either resource or any"),
    ),
    caseOf(
      key,
      list({ any: "AAAA" }, { type: "cluster", resource: {} }),
      invalid("resources[0].type", unknownType),
      invalid("resources[1].type", unknownType),
    ),
    caseOf(
      key,
      list({ type: "cds", resource: { "@type": secret } }),
      invalid("resources[0].type", "disagrees with the @type of the resource"),
    ),
    caseOf(
      key,
      list({ type: "eds", name: "a", resource: { cluster_name: "b" } }),
      invalid("resources[0].name", "disagrees with the name in the resource"),
    ),
    caseOf(
      key,
      list({ type: "cds", name: "a", any: "AAAA" }, { type: cluster, resource: { name: "a" } }),
      invalid("resources[1]", "names a resource of its type twice"),
    ),
    caseOf(
      key,
      list({ type: "cds", any: "?" }),
      invalid("resources[0].any", "expected base64 of a google.protobuf.Any, got a string"),
    ),
    caseOf(
      key,
      { resources: [], versions: { cds: "1", clusters: "2", cluster: "3" } },
      invalid("versions.clusters", "gives a type its version twice"),
      invalid("versions.cluster", unknownType),
    ),
    caseOf("snapshots/a/b", {}, 'error KEY_INVALID : expected "snapshots/<node id>"'),
    caseOf(
      "snapshots/a\tb",
      {},
      "error KEY_INVALID : the node's id must have at most 253 characters and no control characters",
    ),
  ])("$key $value", expectCase);

  it("is complained of without a word of what may be a secret", () => {
    const canary = { inline_string: "CANARY" };
    const body = { name: "s", tls_certificate: { private_key: canary } };
    for (const value of [
      list({ type: "sds", resource: body, any: "AAAA" }),
      list({ type: "sds", resource: body }, { type: "sds", resource: body }),
      list({ type: "sds", resource: "CANARY", CANARY: 1 }),
      list({ type: "sds", any: "CANARY!" }),
      list({ type: "CANARY", resource: body }),
    ]) {
      const said = complaints(key, value).join("\n");
      expect(said).toContain("error");
      expect(said).not.toContain("CANARY");
    }
  });
});
