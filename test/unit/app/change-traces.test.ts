import { describe, expect, it } from "vitest";
import { type BuiltChange, ChangeTraces } from "../../../src/app/change-traces.ts";
import { limits } from "../../../src/config/limits.ts";
import {
  type Applied,
  type NackEvent,
  type PushEvent,
  typeUrls,
  type XdsCallbacks,
} from "../../../src/index.ts";
import type { Span } from "../../../src/observe/trace/trace.ts";
import { FakeClock } from "../../support/fake-clock.ts";

const { traces: bounds } = limits;
const clusters = typeUrls.cluster;
const wallMs = new FakeClock().wallMs();

const push: Omit<PushEvent, "typeUrl" | "view" | "version"> = {
  ...{ variant: "delta", names: [], resources: 1, removed: 0, bare: 0 },
  ...{ streams: 3, bytes: 100, ms: 2 },
};
const node = { id: "edge-1" } as NackEvent["node"];
const behind = (id: string) =>
  ({ stream: { node: { id }, peer: "p" } }) as Applied["behind"][number];

class Lab {
  readonly clock = new FakeClock();
  readonly ended: Span[] = [];
  dropped = 0;
  readonly traces: ChangeTraces;
  readonly callbacks: XdsCallbacks;
  readonly #answers = new Map<number, (applied: Applied) => void>();

  constructor(share = 1, random = () => 0.5) {
    this.traces = new ChangeTraces({
      clock: this.clock,
      share,
      random,
      ended: (trace) => this.ended.push(trace),
      dropped: () => {
        this.dropped += 1;
      },
    });
    this.callbacks = this.traces.observing({});
  }

  /** A change that was received at 0 + `at`, and built 10 ms later. */
  change(revision: number, more: Partial<BuiltChange> = {}): void {
    const at = this.clock.monotonicMs();
    this.traces.decoded(at, at + 1);
    this.clock.advance(10);
    this.traces.built({
      ...{ revision: BigInt(revision), keys: ["weights/web"], changes: 1 },
      ...{ views: new Set(["edge"]), beganMs: at + 5, translatedMs: at + 7, endedMs: at + 10 },
      applied: (timeoutMs, signal) => {
        expect(timeoutMs).toBe(bounds.endMs);
        return new Promise((resolve) => {
          this.#answers.set(revision, resolve);
          const pending = { outcome: "pending", streams: 1, behind: [behind("late")] } as const;
          signal.addEventListener("abort", () => resolve(pending));
        });
      },
      ...more,
    });
  }

  pushed(version: string, more: Partial<PushEvent> = {}): void {
    this.callbacks.pushed?.({
      ...push,
      typeUrl: clusters,
      view: "edge",
      version,
      ...more,
    } as PushEvent);
  }

  nacked(version: string): void {
    const rest = { version, ms: 1, message: "a secret", names: ["a"] };
    this.callbacks.nacked?.({ node, typeUrl: clusters, ...rest });
  }

  async answer(revision: number, applied: Partial<Applied> = {}): Promise<void> {
    this.#answers.get(revision)?.({ outcome: "applied", streams: 3, behind: [], ...applied });
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** Name, from and to. */
const times = (span: Span): readonly unknown[] => [
  span.name,
  span.startMs - wallMs,
  span.endMs - wallMs,
];
const child = (span: Span | undefined, name: string): Span | undefined =>
  span?.children?.find((each) => each.name === name);

describe("the trace of a change", () => {
  it("goes from the first event of the store to the last acknowledgement", async () => {
    const lab = new Lab();
    lab.change(7);
    lab.clock.advance(5);
    lab.pushed("v1", { ms: 3 });
    lab.clock.advance(5);
    lab.pushed("v2", { streams: 2, bytes: 50 });
    lab.clock.advance(5);
    await lab.answer(7);
    const [root] = lab.ended;
    expect(root && times(root)).toEqual(["change", 0, 25]);
    expect(root?.children?.map(times)).toEqual([
      ["store.event", 0, 5],
      ["translate", 5, 7],
      ["snapshot.apply", 7, 10],
      ["push", 12, 20],
      ["ack", 20, 25],
    ]);
    expect(root?.attributes).toEqual({
      "serin.revision": "7",
      "serin.keys": 1,
      "serin.keys.first": ["weights/web"],
      "serin.changes": 1,
      "serin.proxies": 3,
    });
    expect(child(root, "push")?.attributes).toEqual({
      "serin.streams": 3,
      "serin.messages": 5,
      "serin.bytes": 400,
      "serin.types": ["CDS"],
    });
    expect([root?.error, child(root, "ack")?.error]).toEqual([undefined, undefined]);
    expect(child(root, "store.event")?.children?.map(times)).toEqual([["decode", 0, 1]]);
  });

  it("names a part of many keys and decodes", async () => {
    const lab = new Lab();
    for (let at = 0; at < bounds.decodes + 4; at += 1) lab.traces.decoded(0, 0);
    const keys = Array.from({ length: 100 }, () => "k".repeat(1_000));
    lab.change(7, { keys });
    await lab.answer(7);
    const [root] = lab.ended;
    expect(root?.attributes["serin.keys"]).toBe(100);
    const first = keys.slice(0, bounds.keys).map((key) => key.slice(0, bounds.textChars));
    expect(root?.attributes["serin.keys.first"]).toEqual(first);
    const event = child(root, "store.event");
    expect(event?.attributes).toEqual({ "serin.revisions": bounds.decodes + 5 });
    expect(event?.children).toHaveLength(bounds.decodes);
  });

  it("has no push where nothing is sent", async () => {
    const lab = new Lab();
    lab.change(7);
    lab.pushed("v1", { view: "other" });
    await lab.answer(7);
    expect(lab.ended[0]?.children?.map(({ name }) => name)).toEqual([
      ...["store.event", "translate", "snapshot.apply"],
    ]);
  });

  it("tells who rejected it, and not what they said, and of so many", async () => {
    const lab = new Lab();
    lab.change(7);
    lab.pushed("v1");
    lab.nacked("another one");
    for (let at = 0; at < bounds.proxies + 3; at += 1) lab.nacked("v1");
    await lab.answer(7, { outcome: "rejected", behind: [behind("edge-1"), behind("edge-2")] });
    const [root] = lab.ended;
    const ack = child(root, "ack");
    expect([root?.error, ack?.error]).toEqual(Array(2).fill("rejected by 2 proxies"));
    expect(root?.attributes["serin.behind"]).toEqual(["edge-1", "edge-2"]);
    expect(ack?.attributes).toEqual({ "serin.nacks": bounds.proxies + 3 });
    expect(ack?.events).toHaveLength(bounds.proxies);
    const attributes = { "serin.node": "edge-1", "serin.type": "CDS" };
    expect(ack?.events?.[0]).toEqual({ name: "nack", atMs: wallMs + 10, attributes });
    expect(JSON.stringify(lab.ended)).not.toContain("secret");
  });

  it("ends as not accepted after a while", async () => {
    const lab = new Lab();
    lab.change(7);
    lab.pushed("v1");
    await lab.answer(7, { outcome: "pending", behind: [behind("edge-1")] });
    expect(lab.ended[0]?.error).toBe("not accepted by 1 proxy");
  });

  it("has what is sent of its own views, and of the newest of several", async () => {
    const lab = new Lab();
    lab.change(7);
    lab.change(8, { views: new Set(["other"]) });
    lab.change(9);
    lab.pushed("v1");
    lab.pushed("v2", { view: "other" });
    for (const revision of [9, 8, 7]) await lab.answer(revision);
    expect(lab.ended.map((root) => child(root, "push")?.attributes["serin.messages"])).toEqual([
      ...[3, 3, undefined],
    ]);
  });
});

describe("changes", () => {
  it("have a trace where chance has it so", async () => {
    let at = 0;
    const draws = [0.05, 0.1, 0.9];
    const lab = new Lab(0.1, () => draws[at++] ?? 1);
    for (const revision of [1, 2, 3]) lab.change(revision);
    for (const revision of [1, 2, 3]) await lab.answer(revision);
    expect(lab.ended.map(({ attributes }) => attributes["serin.revision"])).toEqual(["1"]);
    expect(lab.dropped).toBe(0);
  });

  it("have one where the store told of them: not the first list, nor a new one", () => {
    const lab = new Lab();
    lab.traces.built({
      ...{ revision: 1n, keys: [], changes: 0, views: new Set() },
      ...{ beganMs: 0, translatedMs: 0, endedMs: 0 },
      applied: () => Promise.reject(new Error("nobody asks")),
    });
    expect(lab.ended).toEqual([]);
  });

  it("beyond so many at once have none, and are counted", async () => {
    const lab = new Lab();
    for (let at = 0; at < bounds.open + 2; at += 1) lab.change(at);
    expect(lab.dropped).toBe(2);
    await lab.traces.close();
    expect(lab.ended).toHaveLength(bounds.open);
    expect(lab.ended[0]?.error).toBe("not accepted by 1 proxy");
  });

  it("pass on to the observer what they are told", () => {
    const told: unknown[] = [];
    const { callbacks } = new Lab();
    expect([callbacks.acked, callbacks.request]).toEqual([undefined, undefined]);
    const observing = new Lab().traces.observing({
      pushed: (event) => told.push(event),
      nacked: (event) => told.push(event),
    });
    observing.pushed?.({ ...push, typeUrl: clusters, view: "v", version: "1" } as PushEvent);
    observing.nacked?.({ node } as NackEvent);
    expect(told).toHaveLength(2);
  });
});
