import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { nextPush, type Variant } from "../../../src/xds/stream-state.ts";
import { CDS, Driver, EDS, LDS, line, RDS } from "./driver.ts";

const variants: readonly Variant[] = ["sotw", "delta"];
const gateMs = limits.xds.warmGateMs;

/** A stream as Envoy's after its start: one cluster, its assignment, a listener and a route. */
function started(variant: Variant): Driver {
  const stream = new Driver(variant);
  stream.put(CDS, "a", "1", { references: ["a"] });
  stream.put(EDS, "a", "1");
  stream.put(LDS, "l", "1", { references: ["r"] });
  stream.put(RDS, "r", "a", { references: ["a"] });
  stream.settle(CDS);
  stream.settle(EDS, ["a"]);
  stream.settle(LDS);
  stream.settle(RDS, ["r"]);
  expect(stream.lines()).toEqual([]);
  return stream;
}

/** A cluster `b` and a route to it. */
function addB(stream: Driver): void {
  stream.put(RDS, "r", "a,b", { references: ["a", "b"] });
  stream.put(EDS, "b", "1");
  stream.put(CDS, "b", "1", { references: ["b"] });
}

const names = (stream: Driver, list: readonly string[]): readonly string[] =>
  stream.state.variant === "sotw" ? list : [];

const wakeAtMs = (stream: Driver): number | undefined => {
  const next = nextPush(stream.state, (type) => stream.table(type), stream.nowMs);
  return next.kind === "idle" ? next.wakeAtMs : undefined;
};

describe.each(variants)("%s", (variant) => {
  it("rule 21: CDS, EDS, LDS, RDS in one pass, whatever the order of requests", () => {
    const stream = new Driver(variant);
    stream.ask(RDS, { names: ["r"] });
    stream.ask(LDS, { names: ["l"] });
    stream.ask(EDS, { names: ["a"] });
    stream.ask(CDS, { names: ["a"] });
    const cluster = stream.pump();
    expect(cluster.map(({ type }) => type)).toEqual([CDS, EDS]);
    for (const sent of cluster) stream.answer(sent, names(stream, ["a"]));
    expect(stream.pump().map(({ type }) => type)).toEqual([LDS, RDS]);
  });

  it("rule 21: routes wait for the ACK of a new cluster", () => {
    const stream = started(variant);
    addB(stream);
    const sent = stream.one();
    expect(sent.type).toBe(CDS);
    expect(wakeAtMs(stream)).toBe(gateMs);
    stream.answer(sent);
    expect(stream.lines()).toEqual(["RDS r=a,b"]);
  });

  it("rule 23: but not longer than the gate's time", () => {
    const stream = started(variant);
    addB(stream);
    stream.one();
    stream.nowMs = gateMs - 1;
    expect(stream.lines()).toEqual([]);
    stream.nowMs = gateMs;
    expect(stream.lines()).toEqual(["RDS r=a,b"]);
  });

  it("rule 23: a NACK of the clusters ends the wait", () => {
    const stream = started(variant);
    addB(stream);
    stream.answer(stream.one(), [], "bad");
    expect(stream.lines()).toEqual(["RDS r=a,b"]);
  });

  it("rule 23: endpoints never wait", () => {
    const stream = started(variant);
    addB(stream);
    stream.one();
    stream.ask(EDS, { names: variant === "sotw" ? ["a", "b"] : ["b"], nonce: "n2" });
    expect(stream.lines()).toEqual(["EDS b=1"]);
  });

  it("rule 21: a route to a cluster that cannot be sent yet waits, all others pass", () => {
    const stream = started(variant);
    stream.put(CDS, "a", "2", { references: ["a"] });
    const [clusters] = stream.pump();
    addB(stream);
    stream.nowMs = 2 * gateMs;
    expect(stream.lines()).toEqual([]);
    stream.put(RDS, "r", "a again", { references: ["a"] });
    expect(stream.lines()).toEqual(["RDS r=a again"]);
    if (clusters) stream.answer(clusters);
    expect(stream.pump().map(({ type }) => type)).toEqual([CDS]);
  });

  it("rule 23: it does not wait for ever: at last it goes without its cluster", () => {
    const stream = started(variant);
    stream.put(CDS, "a", "2", { references: ["a"] });
    stream.pump();
    addB(stream);
    stream.nowMs = limits.xds.clusterAnswerMs - 1;
    expect(stream.lines()).toEqual([]);
    stream.nowMs = limits.xds.clusterAnswerMs;
    expect(stream.pump().map(({ type }) => type)).toEqual([RDS]);
  });

  it("rule 22: the assignment of a changed cluster follows it, unchanged", () => {
    const stream = started(variant);
    stream.put(CDS, "b", "1", { references: ["b"] });
    stream.answer(stream.one());
    stream.put(CDS, "a", "2", { references: ["a"] });
    const [clusters, assignments, ...rest] = stream.pump();
    expect(clusters?.type).toBe(CDS);
    expect(assignments && line(assignments)).toBe("EDS a=1");
    expect(rest).toEqual([]);
    if (clusters && assignments) {
      stream.answer(clusters);
      stream.answer(assignments, names(stream, ["a"]));
    }
    expect(stream.lines()).toEqual([]);
  });

  it("rule 22: also after the assignment in flight, which came before it", () => {
    const stream = started(variant);
    stream.put(EDS, "a", "2");
    const early = stream.one();
    stream.put(CDS, "a", "2", { references: ["a"] });
    expect(stream.pump().map(({ type }) => type)).toEqual([CDS]);
    stream.answer(early, names(stream, ["a"]));
    expect(stream.lines()).toEqual(["EDS a=2"]);
  });

  it("rule 22: a cluster that was rejected is new once more, and so are the routes' gate and CLA", () => {
    const stream = started(variant);
    stream.put(CDS, "a", "2", { references: ["a"] });
    stream.put(CDS, "b", "bad", { references: ["b"] });
    const [clusters, assignments] = stream.pump();
    if (assignments) stream.answer(assignments, names(stream, ["a"]));
    if (clusters) stream.answer(clusters, [], "bad");
    stream.put(RDS, "r", "b", { references: ["b"] });
    stream.put(CDS, "b", "good", { references: ["b"] });
    const got: string[] = [];
    for (let sent = stream.pump(); sent.length > 0; sent = stream.pump()) {
      for (const one of sent) {
        got.push(one.type === CDS ? "CDS" : line(one));
        stream.answer(
          one,
          names(stream, [one.type === RDS ? "r" : "a"].slice(one.type === CDS ? 1 : 0)),
        );
      }
    }
    expect(got).toContain("EDS a=1");
    expect(got.at(0)).toBe("CDS");
    expect(got.indexOf("RDS r=b")).toBeGreaterThan(0);
  });
});

it("rule 22: a delta proxy that reconnects gets the assignment of a changed cluster though it has it", () => {
  const stream = new Driver("delta");
  stream.put(CDS, "a", "2", { references: ["a"] });
  const assignment = stream.put(EDS, "a", "1");
  stream.ask(CDS, { initial: { a: "old" } });
  stream.one();
  stream.ask(EDS, { names: ["a"], initial: { a: assignment } });
  expect(stream.lines()).toEqual(["EDS a=1"]);
});

it("a type without a view is silent", () => {
  const stream = new Driver("sotw");
  stream.ask(CDS);
  expect(nextPush(stream.state, () => undefined, 0).kind).toBe("idle");
});
