import { describe, expect, it } from "vitest";
import type { BuiltEvent } from "../../../src/app/app.ts";
import { createPipelineObserver } from "../../../src/app/pipeline-observer.ts";
import { createSignalObserver } from "../../../src/app/signal-observer.ts";
import { createStoreObserver } from "../../../src/app/store-observer.ts";
import { createXdsObserver } from "../../../src/app/xds-observer.ts";
import { limits } from "../../../src/config/limits.ts";
import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
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
  bare: 0,
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

  it("is for debugging where it only says again what is known", () => {
    const { lines, observer } = observed();
    observer.pushed({ ...push, names: [], resources: 0, bare: 1 });
    expect(lines).toEqual([]);
  });

  it("is one warning a rejection, however often it is repeated; the count goes on", async () => {
    const { lines, metrics, observer } = observed();
    const of = { typeUrl: typeUrls.cluster, version: "v", names: ["bad", "good"] };
    const event = { node, ...of, ms: 2, message: "no" };
    observer.nacked(event);
    observer.nacked(event);
    observer.nacked({ ...event, version: "w", message: "x".repeat(100_000) });
    expect(lines.map(({ level, node: id, type, version }) => [level, id, type, version])).toEqual([
      ["warn", "edge-1", "CDS", "v"],
      ["warn", "edge-1", "CDS", "w"],
    ]);
    expect(lines[0]?.["names"]).toEqual(["bad", "good"]);
    expect(String(lines[1]?.["message"]).length).toBeLessThan(3_000);
    expect(await metrics.registry.metrics()).toContain('serin_xds_nacks_total{type="CDS"} 3');
  });

  it("keeps ACKs and new streams for debugging", async () => {
    const quiet = observed();
    const loud = observed("debug");
    for (const { observer } of [quiet, loud]) {
      observer.streamOpened({ node: undefined, peer: "p", variant: "sotw" });
      observer.acked({ node, typeUrl: typeUrls.cluster, version: "v", ms: 1 });
      observer.streamClosed({
        node,
        peer: "p",
        variant: "sotw",
        code: "ok",
        reason: "ended by the proxy",
      });
    }
    expect(quiet.lines.map(({ msg }) => msg)).toEqual(["stream closed"]);
    expect(loud.lines.map(({ msg }) => msg)).toEqual(["stream opened", "acked", "stream closed"]);
    const text = await quiet.metrics.registry.metrics();
    expect(text).toContain('serin_xds_streams{variant="sotw"} 0');
  });

  it("counts load reports and who sends them, and has a line for who comes and goes", async () => {
    const { lines, metrics, observer } = observed();
    const stream = { stream: 1, peer: "p" };
    const report = { ...stream, node, intervalMs: 2_000, clusters: [] };
    observer.loadStreamOpened?.({ ...stream, node: undefined });
    for (const each of [report, report, { ...report, stream: 2 }]) observer.loadReported?.(each);
    const end = { ...stream, node, code: "ok", reason: "ended by the proxy" } as const;
    observer.loadStreamClosed?.(end);
    observer.loadStreamClosed?.({ ...end, stream: 3, code: "invalid_argument", reason: "bad" });
    observer.loadStreamClosed?.({ ...end, stream: 4, code: "internal", bug: new Error("bug") });
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      "info proxy reports its load",
      "info proxy reports its load",
      "info load stream closed",
      "warn load stream refused",
      "error load stream ended by a bug",
    ]);
    const text = await metrics.registry.metrics();
    expect(text).toContain("serin_load_reports_total 3\n");
    expect(text).toContain("serin_load_reporters 1\n");
  });

  it("makes no label of a type that a proxy invents", async () => {
    const { metrics, observer } = observed();
    observer.pushed({ ...push, typeUrl: "type.googleapis.com/my.Own" as TypeUrl });
    const text = await metrics.registry.metrics();
    expect(text).toContain('serin_xds_pushes_total{type="other",variant="delta"} 1000');
    expect(text).not.toContain("Own");
  });
});

describe("what the pipeline tells", () => {
  const refused: Diagnostic = {
    severity: "error",
    code: "VALUE_INVALID",
    key: "weights/web",
    revision: 7n,
    path: "v1",
    message: "expected a number",
  };
  const doubted: Diagnostic = { ...refused, severity: "warning", key: "routes/web" };

  function piped() {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const observer = createPipelineObserver(
      createLogger({ level: "info", destination }),
      createMetrics(),
    );
    const built = (diagnostics: readonly Diagnostic[], parts: Partial<BuiltEvent> = {}) => {
      lines.length = 0;
      const errors = diagnostics.filter(({ severity }) => severity === "error").length;
      const warnings = diagnostics.length - errors;
      const counts = { changedKeys: [], changes: 0, errors, warnings, ms: 1 };
      observer.built({ revision: 7n, ...counts, diagnostics, ...parts });
      return lines.map(({ level, msg, key }) => [level, msg, key].filter(Boolean).join(" "));
    };
    return { lines, observer, built };
  }

  it("is one warning a new diagnostic, and one line when its object is mended", () => {
    const { lines, built } = piped();
    expect(built([refused, doubted])).toEqual([
      "warn object refused weights/web",
      "warn object in doubt routes/web",
    ]);
    const { key, path, code, message } = refused;
    expect(lines[0]).toMatchObject({ key, revision: "7", path, code, message });
    expect(built([{ ...refused, revision: 8n }, doubted])).toEqual([]);
    expect(built([{ ...refused, path: "v2" }, doubted])).toEqual([
      "warn object refused weights/web",
    ]);
    expect(built([doubted])).toEqual(["info object mended weights/web"]);
    expect(built([])).toEqual(["info object mended routes/web"]);
    expect(built([])).toEqual([]);
  });

  it("is bounded, with a count of the rest", () => {
    const { lines, built } = piped();
    const most = limits.observe.loggedDiagnostics;
    const many = Array.from({ length: most + 5 }, (_, n) => ({ ...refused, key: `weights/s${n}` }));
    expect(built(many)).toHaveLength(most + 1);
    expect(lines.at(-1)).toMatchObject({ msg: "more objects refused or in doubt", count: 5 });
    expect(built([])).toHaveLength(most + 1);
    expect(lines.at(-1)).toMatchObject({ level: "info", msg: "more objects mended", count: 5 });
  });

  it("warns of a build with errors in force", () => {
    const { built } = piped();
    built([refused]);
    expect(built([refused], { changes: 1 })).toEqual(["warn built"]);
    expect(built([doubted], { changes: 1 }).at(-1)).toBe("info built");
  });

  it("tells a held state from trouble", () => {
    const { lines, observer } = piped();
    observer.storeHealth({ connected: false, message: "no key is left", held: true });
    observer.storeHealth({ connected: false, message: "no connection" });
    observer.storeHealth({ connected: true, message: "watching" });
    expect(lines.map(({ level, msg }) => `${level} ${msg}`)).toEqual([
      "warn store holds the last good state",
      "warn store trouble",
      "info store connected",
    ]);
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

describe("what keeps counts from being whole", () => {
  it("is a line when it begins, and one when it is over", () => {
    const lines: Record<string, unknown>[] = [];
    const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
    const observer = createSignalObserver(createLogger({ level: "info", destination }));
    observer.sharing("etcd is away");
    observer.sharing(undefined);
    observer.reading("b-1", "the value is no JSON");
    observer.reading("b-1", undefined);
    observer.leftOut(Array.from({ length: 2_000 }, (_, i) => `s${i}`));
    observer.leftOut([]);
    expect(lines.map(({ level }) => level)).toEqual([
      "warn",
      "info",
      "warn",
      "info",
      "warn",
      "info",
    ]);
    expect(lines[0]).toMatchObject({ trouble: "etcd is away" });
    expect(lines[2]).toMatchObject({ replica: "b-1", trouble: "the value is no JSON" });
    expect(lines[4]).toMatchObject({ count: 2_000 });
    expect(lines[4]?.["services"]).toHaveLength(limits.xds.loggedNames);
  });
});
