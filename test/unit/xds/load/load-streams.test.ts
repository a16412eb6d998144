import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { decodeMessage } from "../../../../src/proto/decode.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import { LoadPace } from "../../../../src/xds/load/load-pace.ts";
import { LoadStreams } from "../../../../src/xds/load/load-streams.ts";
import type {
  LoadEndEvent,
  LoadReportEvent,
  LoadStreamEvent,
} from "../../../../src/xds/observer.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { ArrayWire } from "../hub-lab.ts";
import { feature, idle, loadRequest, nodeBytes, stats } from "./reports.ts";

function lab(intervalMs = 2_000) {
  const clock = new FakeClock();
  const opened: LoadStreamEvent[] = [];
  const closed: LoadEndEvent[] = [];
  const reports: LoadReportEvent[] = [];
  const bug = { thrown: undefined as Error | undefined };
  const observer = {
    loadStreamOpened: (event: LoadStreamEvent) => opened.push(event),
    loadStreamClosed: (event: LoadEndEvent) => closed.push(event),
    loadReported: (event: LoadReportEvent) => {
      reports.push(event);
      if (bug.thrown !== undefined) throw bug.thrown;
    },
  };
  const streams = new LoadStreams({ clock, observer, intervalMs });
  const open = () => {
    const wire = new ArrayWire();
    const stream = streams.open(wire);
    if (stream === undefined) throw new Error("refused");
    const told = () =>
      wire.written.map((bytes) =>
        decodeMessage("envoy.service.load_stats.v3.LoadStatsResponse", bytes),
      );
    return { wire, stream, told };
  };
  const introduced = () => {
    const each = open();
    each.stream.receive(loadRequest([], nodeBytes()));
    return each;
  };
  return { clock, streams, open, introduced, opened, closed, reports, bug };
}

const everySeconds = (seconds: number) => ({ load_reporting_interval: { seconds } });

describe("a stream of load reports", () => {
  it("is told to report of everything, once it has said who it is", () => {
    const { open, reports, opened } = lab();
    const { stream, told, wire } = open();
    expect(told()).toEqual([]);
    stream.receive(loadRequest([], nodeBytes({ id: "edge-1", cluster: "edge" })));
    expect(told()).toEqual([
      { send_all_clusters: true, report_endpoint_granularity: true, ...everySeconds(2) },
    ]);
    expect(stream.node).toMatchObject({ id: "edge-1", cluster: "edge" });
    expect(opened).toEqual([{ stream: stream.id, node: undefined, peer: "test" }]);
    expect([reports, wire.ends]).toEqual([[], []]);
  });

  it("reports without a node, or with the same one in each report", () => {
    const { introduced, reports } = lab();
    const { stream, told, wire } = introduced();
    stream.receive(loadRequest([stats("web/v1", 1)]));
    stream.receive(loadRequest([stats("web/v1", 2)], nodeBytes({ id: "who cares" })));
    stream.receive(loadRequest([idle("web/v1")], Buffer.alloc(61_000, 0xff)));
    stream.receive(loadRequest());
    expect(reports.map(({ node, clusters }) => [node.id, clusters[0]?.localities[0]?.ok])).toEqual([
      ["n", 1],
      ["n", 2],
      ["n", undefined],
      ["n", undefined],
    ]);
    expect(reports[0]).toMatchObject({ stream: stream.id, peer: "test", intervalMs: 2_001 });
    expect([told().length, wire.ends]).toEqual([1, []]);
  });

  it("may report with its first message", () => {
    const { open, reports } = lab();
    const { stream, told } = open();
    stream.receive(loadRequest([stats("web/v1", 1)], nodeBytes()));
    expect([reports.length, told().length]).toEqual([1, 1]);
  });

  it.each([
    ["no node", undefined, reasons.noNode],
    ["a node without an id", nodeBytes({ id: "" }), reasons.noNode],
    ["a node that is none", Uint8Array.of(0x0a, 0x7f), reasons.malformedLoad],
    ["a huge node", Buffer.alloc(limits.xds.nodeBytes + 1), reasons.nodeTooLarge],
    ["a node that cannot", nodeBytes({ client_features: ["x"] }), reasons.noAllClusters],
    ["one that almost can", nodeBytes({ client_features: [`${feature}x`] }), reasons.noAllClusters],
  ])("ends with %s in its first message", (_, node, reason) => {
    const { open, closed, streams } = lab();
    const { stream, wire } = open();
    stream.receive(loadRequest([], node));
    expect(wire.ends).toEqual([reason]);
    const { code, message } = reason;
    expect(closed).toEqual([
      { stream: stream.id, node: undefined, peer: "test", code, reason: message },
    ]);
    expect(streams.size).toBe(0);
  });

  it("ends with a bad report, alone, and is closed once", () => {
    const { introduced, closed, reports, streams } = lab();
    const [bad, good] = [introduced(), introduced()];
    bad.stream.receive(loadRequest([stats("a".repeat(2_000), 1)]));
    bad.stream.receive(loadRequest([stats("a", 1)]));
    bad.stream.closed(reasons.cancelled);
    good.stream.receive(loadRequest([stats("a", 1)]));
    expect([bad.wire.ends, good.wire.ends]).toEqual([[reasons.loadNameTooLong], []]);
    expect(closed).toMatchObject([{ stream: bad.stream.id, code: "resource_exhausted" }]);
    expect(reports.map(({ stream }) => stream)).toEqual([good.stream.id]);
    expect(streams.size).toBe(1);
  });

  it("ends with a bug met in it, which is told", () => {
    const { introduced, bug, closed } = lab();
    const { stream, wire } = introduced();
    bug.thrown = new Error("a bug");
    stream.receive(loadRequest([stats("a", 1)]));
    expect(wire.ends).toMatchObject([{ code: "internal" }]);
    expect(closed).toMatchObject([{ code: "internal", bug: bug.thrown, node: { id: "n" } }]);
  });
});

describe("all streams of load reports", () => {
  it("are as many as there may be", () => {
    const { open, streams } = lab();
    const first = open();
    for (let n = 1; n < limits.xds.loadStreams; n += 1) open();
    const wire = new ArrayWire();
    expect(streams.open(wire)).toBeUndefined();
    expect(wire.ends).toEqual([reasons.tooManyStreams]);
    first.stream.closed(reasons.cancelled);
    expect(open().wire.ends).toEqual([]);
  });

  it("end one by one in a drain, and no new one comes", () => {
    const { introduced, streams, clock, closed } = lab();
    const [a, b] = [introduced(), introduced()];
    streams.drain(1_000);
    const late = new ArrayWire();
    expect(streams.open(late)).toBeUndefined();
    clock.advance(499);
    expect([a.wire.ends, b.wire.ends]).toEqual([[reasons.draining], []]);
    clock.advance(1);
    expect([b.wire.ends, late.ends]).toEqual([[reasons.draining], [reasons.draining]]);
    expect(closed.map(({ code }) => code)).toEqual(["unavailable", "unavailable"]);
  });

  it("leave no timer behind", () => {
    const { introduced, streams, clock } = lab();
    for (let n = 0; n < 3; n += 1) introduced();
    streams.drain(1_000);
    streams.close();
    expect(clock.pending).toBe(0);
  });
});

describe("the pace of reports", () => {
  const { loadBytesPerSecond } = limits.xds;

  it("is slower the more they are, and quick again when they have gone", () => {
    const pace = new LoadPace(2_000, 1_000);
    expect(pace.intervalMs).toBe(2_000);
    for (let n = 0; n < 6; n += 1) pace.replaced(0, 1_000);
    expect(pace.intervalMs).toBe(6_000);
    pace.replaced(1_000, 2_000);
    expect(pace.intervalMs).toBe(7_000);
    expect([2_000, 5_000, 7_000, 10_000, 20_000].map((told) => pace.differs(told))).toEqual([
      ...[true, false, false, false, true],
    ]);
    for (let n = 0; n < 7; n += 1) pace.replaced(1_000, 0);
    expect(pace.intervalMs).toBe(2_000);
  });

  it("is told to a stream when it has changed much, as soon as that one reads", () => {
    const { introduced, streams } = lab(1_000);
    const { stream, told, wire } = introduced();
    const others = introduced();
    // As if it had sent as much as all may send in four seconds.
    streams.pace.replaced(0, 4 * loadBytesPerSecond);
    wire.takesMore = false;
    stream.receive(loadRequest());
    expect(told().at(-1)).toMatchObject(everySeconds(4));
    streams.pace.replaced(4 * loadBytesPerSecond, 0);
    stream.receive(loadRequest());
    expect(told()).toHaveLength(2);
    wire.takesMore = true;
    stream.drained();
    stream.receive(loadRequest());
    expect(told().at(-1)).toMatchObject(everySeconds(1));
    expect(others.told()).toHaveLength(1);
  });

  it("forgets what a stream sent that has ended", () => {
    const { introduced, streams } = lab(1);
    const { stream } = introduced();
    const megabyte = Buffer.alloc(1_048_576);
    for (let n = 0; n < 3; n += 1) stream.receive(loadRequest([], megabyte));
    expect(streams.pace.intervalMs).toBe(32);
    stream.closed(reasons.cancelled);
    expect(streams.pace.intervalMs).toBe(1);
  });
});
