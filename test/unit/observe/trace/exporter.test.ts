import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { TraceExporter } from "../../../../src/observe/trace/exporter.ts";
import { type Collector, startCollector } from "../../../support/collector.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { eventually } from "../../../support/wait.ts";

const { traces: bounds } = limits;
const span = (name: string) => ({ name, startMs: 0, endMs: 1, attributes: {} });

class Told {
  readonly counts: Record<string, number> = {};
  readonly troubles: (string | undefined)[] = [];
  exported(outcome: string, count: number): void {
    this.counts[outcome] = (this.counts[outcome] ?? 0) + count;
  }
  exporting(trouble: string | undefined): void {
    this.troubles.push(trouble);
  }
}

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function lab(change: (url: URL) => URL = (url) => url) {
  const collector: Collector = await startCollector();
  closers.push(() => collector.close());
  const clock = new FakeClock();
  const told = new Told();
  let serial = 0;
  const exporter = new TraceExporter({
    url: change(collector.url),
    clock,
    resource: {},
    idOf: (bytes) => {
      serial += 1;
      return serial.toString(16).padStart(2 * bytes, "0");
    },
    observer: told,
    random: () => 1,
  });
  closers.push(() => exporter.close());
  const counted = (outcome: string, count: number) =>
    eventually(() => told.counts[outcome] === count, { what: `${count} times ${outcome}` });
  return { collector, clock, told, exporter, counted };
}

const names = (collector: Collector): readonly string[] => collector.spans().map((s) => s.name);

describe("the exporter of traces", () => {
  it("sends each as soon as the one before has arrived, and many at once", async () => {
    const { collector, exporter, told, counted } = await lab();
    for (const name of ["a", "b", "c"]) exporter.add(span(name));
    await counted("sent", 3);
    expect([names(collector), collector.requests.length]).toEqual([["a", "b", "c"], 2]);
    expect([told.counts, told.troubles]).toEqual([{ sent: 3 }, []]);
  });

  it("tries again ever more seldom, with the same ids, and tells of it once", async () => {
    const { collector, exporter, clock, told, counted } = await lab();
    collector.answerWith(503);
    exporter.add(span("a"));
    await counted("failed", 1);
    exporter.add(span("b"));
    clock.advance(bounds.backoffMinMs - 1);
    expect(collector.attempts()).toBe(1);
    clock.advance(1);
    await counted("failed", 2);
    clock.advance(2 * bounds.backoffMinMs - 1);
    expect(collector.attempts()).toBe(2);
    collector.answerWith(200);
    clock.advance(1);
    await counted("sent", 2);
    expect(collector.spans().map(({ name, traceId }) => [name, Number(traceId)])).toEqual([
      ...[
        ["a", 1],
        ["b", 3],
      ],
    ]);
    expect(told.counts).toEqual({ failed: 2, sent: 2 });
    expect(told.troubles).toEqual([expect.stringMatching(/ answers with status 503$/), undefined]);
  });

  it("lets go of what is refused for good, and goes on with others after a while", async () => {
    const { collector, exporter, clock, told, counted } = await lab();
    collector.answerWith(400);
    exporter.add(span("a"));
    await counted("dropped", 1);
    collector.answerWith(200);
    exporter.add(span("b"));
    expect(collector.attempts()).toBe(1);
    clock.advance(bounds.backoffMinMs);
    await counted("sent", 1);
    expect(names(collector)).toEqual(["b"]);
    expect(told.counts).toEqual({ failed: 1, dropped: 1, sent: 1 });
  });

  it("keeps so many and no more, the newest", async () => {
    const { collector, exporter, clock, told, counted } = await lab();
    collector.answerWith(503);
    exporter.add(span("first"));
    await counted("failed", 1);
    for (let at = 0; at < bounds.queued; at += 1) exporter.add(span(`s${at}`));
    expect(told.counts["dropped"]).toBe(1);
    collector.answerWith(200);
    clock.advance(bounds.backoffMinMs);
    await counted("sent", bounds.queued);
    expect(names(collector)[0]).toBe("s0");
  });

  it("tells whom it does not reach by the origin alone, and sends a password as a header", async () => {
    const { collector, exporter, told, counted } = await lab(
      (url) => new URL(`http://user:hush-hush@${url.host}/v1/traces?token=very-secret`),
    );
    collector.answerWith(503);
    exporter.add(span("a"));
    await counted("failed", 1);
    const basic = Buffer.from("user:hush-hush").toString("base64");
    expect(collector.headers()["authorization"]).toBe(`Basic ${basic}`);
    expect(told.troubles.join()).toMatch(/^http:\/\/127\.0\.0\.1:\d+ answers with status 503$/);
    await collector.close();
    const { exporter: cut, told: toldCut, counted: countedCut } = await lab(() => collector.url);
    cut.add(span("a"));
    await countedCut("failed", 1);
    expect(toldCut.troubles.join()).toMatch(/^http:\/\/127\.0\.0\.1:\d+ does not answer: /);
  });

  it("sends what it has when it is closed, and takes nothing after that", async () => {
    const { collector, exporter, told } = await lab();
    for (let at = 0; at < 3; at += 1) exporter.add(span("a"));
    await exporter.close();
    exporter.add(span("late"));
    expect([told.counts, names(collector).length]).toEqual([{ sent: 3, dropped: 1 }, 3]);
  });

  it("is closed in time though nobody answers, and what it has is lost", async () => {
    const { collector, exporter, clock, told, counted } = await lab();
    collector.answerWith(503);
    exporter.add(span("a"));
    await counted("failed", 1);
    await exporter.close();
    expect(told.counts).toEqual({ failed: 2, dropped: 1 });
    expect(clock.pending).toBe(0);
  });
});
