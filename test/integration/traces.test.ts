/**
 * Traces of changes as a collector gets them: real etcd, real Envoy, and the product as a process.
 * docs/traces.md tells it to people.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  attributeOf,
  type Collector,
  type SentSpan,
  startCollector,
} from "../support/collector.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { eventually } from "../support/wait.ts";

let collector: Collector;
let scene: Scene;

beforeAll(async () => {
  collector = await startCollector();
  const serinArgs = ["--traces", collector.url.href];
  scene = await startScene({ variant: "delta", serinArgs });
});
afterAll(async () => {
  await scene?.stop();
  await collector?.close();
});

const named = (spans: readonly SentSpan[], name: string): SentSpan => {
  const [span, ...more] = spans.filter((each) => each.name === name);
  if (span === undefined || more.length > 0) throw new Error(`not one span ${name}`);
  return span;
};
const start = (span: SentSpan): bigint => BigInt(span.startTimeUnixNano);
const end = (span: SentSpan): bigint => BigInt(span.endTimeUnixNano);

describe("a change of weights", () => {
  it("is one trace, from the event of the store to the last acknowledgement", async () => {
    const beganMs = Date.now();
    const revision = await scene.put("weights/web", { v1: 50, v2: 50 });
    const spans = await collector.trace(`"${revision}"`);
    const root = named(spans, "change");
    expect(attributeOf(root, "serin.keys.first")).toEqual(["weights/web"]);
    expect(attributeOf(root, "serin.proxies")).toBe(1);
    expect(root.status).toEqual({});
    for (const span of spans) {
      const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
      expect(parent === undefined).toBe(span === root);
      expect(start(span)).toBeGreaterThanOrEqual(start(parent ?? span));
      expect(end(span)).toBeGreaterThanOrEqual(start(span));
      expect(end(span)).toBeLessThanOrEqual(end(parent ?? span));
    }
    const order = ["store.event", "translate", "snapshot.apply", "push", "ack"];
    const times = order.map((name) => start(named(spans, name)));
    expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    const [push, ack] = [named(spans, "push"), named(spans, "ack")];
    expect(start(ack)).toBeGreaterThanOrEqual(end(push));
    expect(end(ack)).toBeGreaterThan(end(push));
    expect(attributeOf(push, "serin.types")).toContain("RTDS");
    expect(attributeOf(push, "serin.streams")).toBe(1);
    expect(attributeOf(push, "serin.bytes")).toBeGreaterThan(100);
    expect(named(spans, "decode").parentSpanId).toBe(named(spans, "store.event").spanId);
    expect(Number(start(root) / 1_000_000n)).toBeGreaterThanOrEqual(beganMs - 1);
    expect(Number(end(root) / 1_000_000n)).toBeLessThanOrEqual(Date.now() + 1);
  });

  it("has spans of one trace each, however many there are", async () => {
    const revisions: number[] = [];
    for (const v2 of [10, 20, 30]) {
      revisions.push(await scene.put("weights/web", { v1: 100 - v2, v2 }));
      await collector.trace(`"${revisions.at(-1)}"`);
    }
    const traces = new Set(collector.spans().map(({ traceId }) => traceId));
    const roots = collector.spans().filter(({ name }) => name === "change");
    expect(traces.size).toBe(roots.length);
  });

  it("that a proxy rejects says so, with who it was, and repeats nothing of it", async () => {
    const revision = await scene.put("resources/*/clusters/bad", {
      "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
      name: "bad",
      type: "STATIC",
      connect_timeout: "1s",
      // Envoy alone knows that there is no such filter.
      filters: [{ name: "nobody.has.this" }],
    });
    const spans = await collector.trace(`"${revision}"`);
    const ack = named(spans, "ack");
    const failed = { code: 2, message: "rejected by 1 proxy" };
    expect([named(spans, "change").status, ack.status]).toEqual([failed, failed]);
    const [nack] = ack.events;
    if (nack === undefined) throw new Error("no event");
    expect(nack.name).toBe("nack");
    expect(attributeOf(nack, "serin.node")).toBe("edge-1");
    expect(attributeOf(nack, "serin.type")).toBe("CDS");
    expect(JSON.stringify(spans)).not.toContain("nobody.has.this");
  });

  it("is counted where it was sent, and the collector is told who sends", async () => {
    const response = await fetch(`http://127.0.0.1:${scene.servers[0]?.adminPort}/metrics`);
    const sent = /^serin_traces_total\{outcome="sent"\} (\d+)$/m.exec(await response.text())?.[1];
    expect(Number(sent)).toBeGreaterThan(3);
    const [request] = collector.requests;
    expect(JSON.stringify(request?.resourceSpans[0]?.resource)).toContain("serin");
  });
});

describe("a collector that is away", () => {
  it("holds nothing up, is told of once, and gets what is left when it is back", async () => {
    const away = await startCollector();
    away.answerWith(503);
    const lab = await startScene({ variant: "delta", serinArgs: ["--traces", away.url.href] });
    const [serin] = lab.servers;
    try {
      for (const v2 of [20, 30, 40]) await lab.apply("weights/web", { v1: 100 - v2, v2 });
      await eventually(() => away.attempts() >= 2, { what: "attempts", timeoutMs: 15_000 });
      away.answerWith(200);
      const spans = await away.trace("weights/web", 15_000);
      expect(named(spans, "change").status).toEqual({});
      await eventually(() => serin?.logs().includes("reach their collector again"), {
        what: "the end of the trouble",
      });
      expect(serin?.logs().match(/traces do not reach their collector/g)).toHaveLength(1);
    } finally {
      await lab.stop();
      await away.close();
    }
  });
});
