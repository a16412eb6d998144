import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { reasons } from "../../../../src/xds/end-reason.ts";
import type { HealthRefusal, HealthReportEvent } from "../../../../src/xds/observer.ts";
import { StatsCalls } from "../../../../src/xds/stats/stats-calls.ts";
import { StatsPace } from "../../../../src/xds/stats/stats-pace.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { stats } from "../../../support/otlp.ts";
import { ArrayWire } from "../hub-lab.ts";

const members = { total: 1, healthy: 1 };

function lab() {
  const reports: HealthReportEvent[] = [];
  const refusals: HealthRefusal[] = [];
  const bug = { thrown: undefined as Error | undefined };
  const calls = new StatsCalls({
    clock: new FakeClock(),
    observer: {
      healthReported: (event) => {
        if (bug.thrown !== undefined) throw bug.thrown;
        reports.push(event);
      },
      healthRefused: (event) => refusals.push(event),
    },
  });
  const open = () => {
    const wire = new ArrayWire();
    return { wire, call: calls.open(wire) };
  };
  return { open, reports, refusals, bug };
}

describe("a call with statistics", () => {
  it("is answered, and ends well", () => {
    const { open, reports, refusals } = lab();
    const { wire, call } = open();
    call.receive(stats("edge-1", { "web/v1": members }));
    call.halfClosed();
    expect(wire.written).toEqual([new Uint8Array()]);
    expect(wire.ends).toEqual([reasons.clientEnded]);
    const clusters = [{ cluster: "web/v1", ...members, ejected: 0 }];
    expect([reports, refusals]).toEqual([[{ node: "edge-1", peer: "test", clusters }], []]);
  });

  it("has one message, and no other", () => {
    const { open, reports } = lab();
    const { wire, call } = open();
    for (const node of ["a", "b"]) call.receive(stats(node, {}));
    expect(reports.map(({ node }) => node)).toEqual(["a"]);
    expect([wire.written.length, wire.ends.length]).toEqual([1, 1]);
  });

  it("that is bad ends alone, without an answer, and is told", () => {
    const { open, reports, refusals } = lab();
    const [garbage, silent, late, good] = [open(), open(), open(), open()];
    garbage.call.receive(Uint8Array.of(0xff));
    silent.call.halfClosed();
    late.call.stop(reasons.tooSlow);
    late.call.stop(reasons.tooSlow);
    good.call.receive(stats("edge-1", {}));
    expect(garbage.wire).toMatchObject({ written: [], ends: [reasons.malformedStats] });
    expect(silent.wire).toMatchObject({ written: [], ends: [reasons.truncated] });
    expect(late.wire).toMatchObject({ written: [], ends: [reasons.tooSlow] });
    expect(refusals.map(({ reason }) => reason)).toEqual(
      [reasons.malformedStats, reasons.truncated, reasons.tooSlow].map(({ message }) => message),
    );
    expect(reports).toHaveLength(1);
  });

  it("ends with a bug met in it, which is told", () => {
    const { open, refusals, bug } = lab();
    bug.thrown = new Error("a bug");
    const { wire, call } = open();
    call.receive(stats("edge-1", {}));
    expect(wire.ends).toMatchObject([{ code: "internal" }]);
    expect(refusals).toMatchObject([{ code: "internal", bug: bug.thrown }]);
  });

  it("is refused of one proxy more than there may be", () => {
    const { open } = lab();
    for (let n = 0; n < limits.stats.reporters; n += 1) open().call.receive(stats(`n${n}`, {}));
    const [late, known] = [open(), open()];
    late.call.receive(stats("late", {}));
    known.call.receive(stats("n0", {}));
    expect(late.wire.ends).toEqual([reasons.tooManyReporters]);
    expect(known.wire.ends).toEqual([reasons.clientEnded]);
  });
});

describe("the pace of reading", () => {
  const bounds = { bytesPerSecond: 1_000, reporters: 2, silentMs: 60_000 };

  it("is that of the messages, while they are few, and slower the more they are", () => {
    const clock = new FakeClock();
    const pace = new StatsPace(clock, bounds);
    expect(pace.judge("a", 2_000)).toBe("due");
    clock.advance(5_000);
    expect([pace.judge("a", 8_000), pace.judge("b", 4_000)]).toEqual(["due", "due"]);
    clock.advance(11_999);
    expect([pace.judge("a", 8_000), pace.judge("b", 4_000)]).toEqual(["early", "early"]);
    clock.advance(1);
    expect([pace.judge("a", 100), pace.judge("b", 100)]).toEqual(["due", "due"]);
    clock.advance(200);
    expect(pace.judge("a", 100)).toBe("due");
  });

  it("has room again when a proxy has been silent for long", () => {
    const clock = new FakeClock();
    const pace = new StatsPace(clock, bounds);
    const judged = (name: string) => pace.judge(name, 1);
    expect([judged("a"), judged("b"), judged("c")]).toEqual(["due", "due", "full"]);
    clock.advance(59_999);
    expect([judged("c"), judged("b")]).toEqual(["full", "due"]);
    clock.advance(1);
    expect([judged("c"), judged("a")]).toEqual(["due", "full"]);
  });
});
