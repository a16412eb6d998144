import { describe, expect, it } from "vitest";
import { createStoreObserver } from "../../../src/app/store-observer.ts";
import { createXdsObserver } from "../../../src/app/xds-observer.ts";
import { createLogger } from "../../../src/observe/log.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { type TypeUrl, typeUrls } from "../../../src/snapshot/type-url.ts";
import type { NodeId, ProxyNode } from "../../../src/xds/node.ts";

const node: ProxyNode = {
  id: "edge-1" as NodeId,
  cluster: "edge",
  metadata: new Map(),
  userAgent: "envoy/1.40.0",
};

function observed(level: "info" | "debug" = "info") {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  const metrics = createMetrics();
  return {
    lines,
    metrics,
    observer: createXdsObserver(createLogger({ level, destination }), metrics),
  };
}

const push = {
  typeUrl: typeUrls.route,
  variant: "delta",
  view: "edge",
  version: "abc",
  names: ["edge/http"],
  resources: 1,
  removed: 0,
  streams: 1_000,
  bytes: 200,
  ms: 12.345,
} as const;

describe("what the xDS server tells", () => {
  it("is one line a push, whatever the number of streams", async () => {
    const { lines, metrics, observer } = observed();
    observer.pushed(push);
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatchObject({
      level: "info",
      msg: "pushed",
      type: "RDS",
      names: ["edge/http"],
      version: "abc",
      streams: 1_000,
      bytes: 200,
      ms: 12.3,
    });
    expect(await metrics.registry.metrics()).toContain(
      'serin_xds_pushes_total{type="RDS",variant="delta"} 1000',
    );
  });

  it("is one warning a rejection, however often it is repeated; the count goes on", async () => {
    const { lines, metrics, observer } = observed();
    const event = { node, typeUrl: typeUrls.cluster, version: "v", ms: 2, message: "no" };
    observer.nacked(event);
    observer.nacked(event);
    observer.nacked({ ...event, version: "w", message: "x".repeat(100_000) });
    expect(lines.map(({ level, node: id, type, version }) => [level, id, type, version])).toEqual([
      ["warn", "edge-1", "CDS", "v"],
      ["warn", "edge-1", "CDS", "w"],
    ]);
    expect(String(lines[1]?.["message"]).length).toBeLessThan(3_000);
    expect(await metrics.registry.metrics()).toContain('serin_xds_nacks_total{type="CDS"} 3');
  });

  it("keeps ACKs and new streams for debugging", async () => {
    const quiet = observed();
    const loud = observed("debug");
    for (const { observer } of [quiet, loud]) {
      observer.streamOpened({ node: undefined, peer: "p", variant: "sotw" });
      observer.acked({ node, typeUrl: typeUrls.cluster, version: "v", ms: 1 });
      observer.streamClosed({ node, peer: "p", variant: "sotw", reason: "ended by the proxy" });
    }
    expect(quiet.lines.map(({ msg }) => msg)).toEqual(["stream closed"]);
    expect(loud.lines.map(({ msg }) => msg)).toEqual(["stream opened", "acked", "stream closed"]);
    const text = await quiet.metrics.registry.metrics();
    expect(text).toContain('serin_xds_streams{variant="sotw"} 0');
  });

  it("makes no label of a type that a proxy invents", async () => {
    const { metrics, observer } = observed();
    observer.pushed({ ...push, typeUrl: "type.googleapis.com/my.Own" as TypeUrl });
    const text = await metrics.registry.metrics();
    expect(text).toContain('serin_xds_pushes_total{type="other",variant="delta"} 1000');
    expect(text).not.toContain("Own");
  });
});

describe("what the etcd store tells", () => {
  it("is counted", async () => {
    const metrics = createMetrics();
    const tell = createStoreObserver(metrics);
    tell({ kind: "contact" });
    tell({ kind: "relist", reason: "compacted" });
    tell({ kind: "rewound" });
    tell({ kind: "rebuild", endpoint: "127.0.0.1:2379" });
    tell({ kind: "divergence", keys: 3 });
    tell({ kind: "audit", keys: 10 });
    tell({ kind: "list", keys: 10, pages: 1 });
    tell({ kind: "held", keys: 9 });
    const text = await metrics.registry.metrics();
    for (const line of [
      'serin_store_relists_total{reason="compacted"} 1',
      'serin_store_relists_total{reason="rewound"} 1',
      "serin_store_rebuilds_total 1",
      "serin_store_divergence_total 3",
      "serin_store_held_keys 9",
    ]) {
      expect(text).toContain(`${line}\n`);
    }
    tell({ kind: "list", keys: 10, pages: 1 });
    expect(await metrics.registry.metrics()).toContain("serin_store_held_keys 0\n");
  });
});
