import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  keyOf,
  type StreamState,
  step,
  type WatchEvent,
  type WatchMessage,
} from "../../../src/store/etcd-stream.ts";
import type { StoreChange } from "../../../src/store/store.ts";

const prefix = "/serin/";

const fresh: StreamState = {
  applied: 10n,
  clusterId: "c1",
  prefixBytes: prefix.length,
  fragments: [],
};

const event = (revision: number, key: string, text?: string): WatchEvent => ({
  type: text === undefined ? "Delete" : "Put",
  kv: {
    key: Buffer.from(prefix + key),
    value: Buffer.from(text ?? ""),
    mod_revision: String(revision),
    create_revision: text === undefined ? "0" : "3",
  },
});

const message = (fields: Partial<WatchMessage>): WatchMessage => ({
  header: { cluster_id: "c1", revision: "1000" },
  created: false,
  canceled: false,
  compact_revision: "0",
  cancel_reason: "",
  fragment: false,
  events: [],
  ...fields,
});

const shapes = (changes: readonly StoreChange[]) =>
  changes.map((change) => [
    Number(change.revision),
    ...change.puts.map((e) => `${e.key}=${Buffer.from(e.value)}`),
    ...change.deletes.map((key) => `-${key}`),
  ]);

describe("watch stream, delivering", () => {
  it("does not advance from the header of `created`, which may lie beyond events to come", () => {
    expect(step(fresh, message({ created: true }))).toEqual({ kind: "created", state: fresh });
  });

  it("does not advance from progress", () => {
    expect(step(fresh, message({}))).toEqual({ kind: "idle", state: fresh });
  });

  it("groups events by revision, and advances to the last event", () => {
    const events = [event(11, "a", "1"), event(11, "b"), event(14, "a", "2")];
    const next = step(fresh, message({ events }));
    if (next.kind !== "changes") throw new Error(next.kind);
    expect(shapes(next.changes)).toEqual([
      [11, "a=1", "-b"],
      [14, "a=2"],
    ]);
    expect(next.state).toEqual({ ...fresh, applied: 14n });
    expect(next.changes[0]?.puts[0]).toMatchObject({ modRevision: 11n, createRevision: 3n });
  });

  it("drops events at or below the applied revision", () => {
    const next = step(fresh, message({ events: [event(9, "a", "1"), event(10, "b", "1")] }));
    expect(next).toEqual({ kind: "changes", state: fresh, changes: [] });
  });

  it("holds fragments back until the last has come", () => {
    const first = step(fresh, message({ fragment: true, events: [event(11, "a", "1")] }));
    if (first.kind !== "idle") throw new Error(first.kind);
    expect(first.state.applied).toBe(10n);
    const second = step(first.state, message({ fragment: true, events: [event(11, "b", "1")] }));
    if (second.kind !== "idle") throw new Error(second.kind);
    const last = step(second.state, message({ events: [event(11, "c", "1")] }));
    if (last.kind !== "changes") throw new Error(last.kind);
    expect(shapes(last.changes)).toEqual([[11, "a=1", "b=1", "c=1"]]);
    expect(last.state).toEqual({ ...fresh, applied: 11n });
  });

  it("copies values, so that they do not keep the message alive", () => {
    const put = event(11, "a", "1");
    const next = step(fresh, message({ events: [put] }));
    if (next.kind !== "changes") throw new Error(next.kind);
    expect(next.changes[0]?.puts[0]?.value.buffer).not.toBe(put.kv.value.buffer);
  });

  it("delivers the same, however a history is cut into fragments and repeated", () => {
    const history = fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(history, fc.infiniteStream(fc.nat({ max: 5 })), (sizes, random) => {
        const events = sizes.flatMap((size, i) =>
          Array.from({ length: size }, (_, k) => event(11 + i, `k${k}`, `${i}`)),
        );
        const whole = step(fresh, message({ events }));
        if (whole.kind !== "changes") throw new Error(whole.kind);

        const delivered: StoreChange[] = [];
        let state = fresh;
        for (const repeat of [0, 1]) {
          for (let at = 0; at < events.length; ) {
            const take = 1 + (random.next().value ?? 0);
            const part = events.slice(at, at + take);
            at += take;
            const fragment = at < events.length;
            const next = step(state, message({ events: part, fragment }));
            if (next.kind === "relist" || next.kind === "created") throw new Error(next.kind);
            state = next.state;
            if (next.kind === "changes") delivered.push(...next.changes);
          }
          expect([repeat, state]).toEqual([repeat, whole.state]);
        }
        expect(shapes(delivered)).toEqual(shapes(whole.changes));
      }),
    );
  });
});

describe("watch stream, asking for a new list", () => {
  it.each<[string, string, Partial<WatchMessage>]>([
    ["the history was compacted", "compacted", { canceled: true, compact_revision: "50" }],
    ["the watch was cancelled without a reason", "canceled", { canceled: true }],
    [
      "the permission is gone",
      "denied",
      { created: true, canceled: true, cancel_reason: "rpc error: etcdserver: permission denied" },
    ],
    [
      "the token is not valid",
      "denied",
      { created: true, canceled: true, cancel_reason: "etcdserver: invalid auth token" },
    ],
    [
      "another cluster answers",
      "cluster",
      { header: { cluster_id: "c2", revision: "1000" }, created: true },
    ],
    [
      "etcd is behind what was applied",
      "behind",
      { header: { cluster_id: "c1", revision: "9" }, created: true },
    ],
    ["revisions do not ascend", "decode", { events: [event(12, "a", "1"), event(11, "b", "1")] }],
    ["an event has no known type", "decode", { events: [{ ...event(11, "a"), type: "Rename" }] }],
  ])("when %s", (_name, reason, fields) => {
    expect(step(fresh, message(fields))).toMatchObject({ kind: "relist", reason });
  });

  it("when a message is malformed", () => {
    const broken = [
      message({ events: [{ ...event(11, "a"), kv: { ...event(11, "a").kv, mod_revision: "x" } }] }),
      message({ compact_revision: "soon" }),
      JSON.parse('{"canceled":false,"compact_revision":"0","events":[]}') as WatchMessage,
      JSON.parse(
        '{"header":{"cluster_id":"c1","revision":"1"},"compact_revision":"0","events":[{}]}',
      ) as WatchMessage,
    ];
    for (const bad of broken) {
      expect(step(fresh, bad)).toMatchObject({ kind: "relist", reason: "decode" });
    }
  });

  it("not when `created` is at the applied revision exactly", () => {
    const equal = message({ created: true, header: { cluster_id: "c1", revision: "10" } });
    expect(step(fresh, equal).kind).toBe("created");
  });
});

describe("keys", () => {
  it("lose the prefix, and keep bytes that are not UTF-8 apart", () => {
    expect(keyOf(Buffer.from("/serin/weights/wéb"), prefix.length)).toBe("weights/wéb");
    const a = keyOf(Buffer.concat([Buffer.from(prefix), Buffer.from([0xff])]), prefix.length);
    const b = keyOf(Buffer.concat([Buffer.from(prefix), Buffer.from([0xfe])]), prefix.length);
    expect(a).not.toBe(b);
  });
});
