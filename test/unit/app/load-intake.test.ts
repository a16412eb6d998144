import { describe, expect, it } from "vitest";
import { toLoadReport, withTally } from "../../../src/app/load-intake.ts";
import { limits } from "../../../src/config/limits.ts";
import {
  connectedProxy,
  type LoadReportEvent,
  type ReportedCluster,
  type ReportedLocality,
} from "../../../src/index.ts";
import { LoadTally } from "../../../src/observe/load/tally.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const counts = (ok: number, errors = 0, inProgress = 0) => ({ ok, errors, inProgress });

const locality = (ok: number, more: Partial<ReportedLocality> = {}): ReportedLocality => ({
  ...{ region: "", zone: "", subZone: "", priority: 0, metrics: new Map(), endpoints: [] },
  ...counts(ok),
  ...more,
});

const cluster = (name: string, ...localities: readonly ReportedLocality[]): ReportedCluster => ({
  ...{ cluster: name, serviceName: "", intervalMs: 2_000, dropped: 1, localities },
});

const { node } = connectedProxy({ id: "edge-1" });

const event = (...clusters: readonly ReportedCluster[]): LoadReportEvent => ({
  ...{ stream: 3, node, peer: "p", intervalMs: 2_000, clusters },
});

const byName = (...clusters: readonly ReportedCluster[]) =>
  toLoadReport(event(...clusters), 7).clusters.map((each) => `${each.cluster} ${each.ok}`);

describe("a load report, by subset", () => {
  it("is the sum over localities", () => {
    const metrics = (count: number, total: number) => new Map([["ms", { count, total }]]);
    const endpoint = (address: string) => ({ address, ...counts(1, 2, 3) });
    const report = toLoadReport(
      event(
        cluster(
          "web/v1",
          locality(1, { errors: 2, metrics: metrics(1, 5), endpoints: [endpoint("a:1")] }),
          locality(10, { inProgress: 3, metrics: metrics(2, 7), endpoints: [endpoint("b:1")] }),
        ),
      ),
      7,
    );
    expect(report).toEqual({
      ...{ reporter: "edge-1", atMs: 7, intervalMs: 2_000, restsWhenIdle: false },
      clusters: [
        {
          ...{ cluster: "web/v1", serviceName: "", dropped: 1, metrics: metrics(3, 12) },
          ...counts(11, 2, 3),
          endpoints: [endpoint("a:1"), endpoint("b:1")],
        },
      ],
    });
  });

  it("joins clusters that ask for the same endpoints", () => {
    const grpc = { ...cluster("web/v1/grpc", locality(2)), serviceName: "web/v1" };
    expect(byName(cluster("web/v1", locality(1)), grpc)).toEqual(["web/v1 3"]);
  });

  it("takes a sticky split apart", () => {
    const of = (subZone: string, ok: number) => locality(ok, { zone: "web", subZone });
    const sticky = cluster("checkout/0/sticky/grpc", of("v1", 5), of("v2", 6));
    expect(byName(sticky, cluster("web/v2", locality(1)))).toEqual(["web/v1 5", "web/v2 7"]);
    const foreign = cluster("a/b/sticky", locality(1, { zone: "z" }));
    expect(byName(foreign)).toEqual(["a/b/sticky 1"]);
  });

  it("tells of gRPC on C-core that it rests while it is idle", () => {
    const rests = (userAgent: string): boolean => {
      const proxy = connectedProxy({ id: "n", userAgent });
      return toLoadReport({ ...event(), node: proxy.node }, 7).restsWhenIdle;
    };
    const agents = ["gRPC C-core linux Python/1.85.1", "gRPC Go/1.85.0", "envoy/1.40.0", ""];
    expect(agents.map(rests)).toEqual([true, false, false, false]);
  });

  it("leaves clusters alone that are not of serin", () => {
    expect(byName(cluster("legacy", locality(1)), cluster("", locality(2)))).toEqual([
      ...["legacy 1", " 2"],
    ]);
  });
});

describe("the intake of load reports", () => {
  it("tells the tally, and then the observer", () => {
    const clock = new FakeClock();
    clock.advance(50);
    const tally = new LoadTally(limits.load);
    const seen: string[] = [];
    const there = () => tally.totals(clock.monotonicMs());
    const callbacks = withTally(
      {
        streamOpened: () => seen.push("opened"),
        loadReported: ({ stream }) =>
          seen.push(`${stream}: ${there().reporters} heard at ${there().oldestAtMs}`),
        loadStreamClosed: ({ stream }) => seen.push(`${stream}: ${there().reporters}`),
      },
      tally,
      clock,
    );
    callbacks.loadReported?.(event(cluster("web/v1", locality(1))));
    callbacks.loadStreamClosed?.({ ...event(), code: "ok", reason: "" });
    callbacks.streamOpened?.({ node: undefined, peer: "p", variant: "sotw" });
    expect(seen).toEqual(["3: 1 heard at 50", "3: 0", "opened"]);
    expect(tally.cluster("web/v1", 50)).toMatchObject({ ok: 1, reporters: 0 });
  });

  it("needs no observer", () => {
    const tally = new LoadTally(limits.load);
    const callbacks = withTally({}, tally, new FakeClock());
    callbacks.loadReported?.(event());
    callbacks.loadStreamClosed?.({ ...event(), code: "ok", reason: "" });
    expect(tally.totals(0).reporters).toBe(0);
  });
});
