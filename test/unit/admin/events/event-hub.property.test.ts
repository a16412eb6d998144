import "../../../support/seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { EventHub, type HubSources } from "../../../../src/admin/events/event-hub.ts";
import type { Subscription } from "../../../../src/admin/events/subscription.ts";
import { createSummaries } from "../../../../src/admin/live/service-summary.ts";
import { createEventReader } from "../../../../src/api/event-reader.ts";
import type { EventBodies } from "../../../../src/api/events.ts";
import type { ServiceSummary } from "../../../../src/api/services.ts";
import { App } from "../../../../src/app/app.ts";
import { limits } from "../../../../src/config/limits.ts";
import { emptyState } from "../../../../src/model/desired-state.ts";
import { MemoryStore } from "../../../../src/store/memory.ts";
import { readEvent } from "../../../../src/web/live/read-event.ts";
import { editionOf, initialState, reduce } from "../../../../src/web/live/state.ts";
import { silentObserver } from "../../../../src/xds/observer.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { settled } from "../../../support/settle.ts";

const hello: EventBodies["hello"] = {
  version: "test",
  revision: 1,
  store: { store: "memory", connected: true, message: "", revision: 1 },
  you: { name: "", role: "admin" },
};

/** What the page makes of what it is told. */
class Reader {
  readonly names: ReadonlySet<string> | undefined;
  state = initialState;
  subscription: Subscription | undefined;

  constructor(names: ReadonlySet<string> | undefined) {
    this.names = names;
  }

  take(count: number, nowMs: number): void {
    for (const bytes of this.subscription?.take(count, nowMs) ?? []) {
      for (const said of createEventReader()(new TextDecoder().decode(bytes))) {
        const event = readEvent(said, nowMs);
        if (event !== undefined) this.state = reduce(this.state, event);
      }
    }
  }
}

function world() {
  const clock = new FakeClock();
  const store = new MemoryStore({ clock });
  const app = new App({
    ...{ store, clock, version: "test", controlPlane: "test", defaultGateway: undefined },
    observer: { ...silentObserver, storeHealth: () => undefined, built: () => undefined },
  });
  const summaries = createSummaries(app);
  const said = { store: () => hello.store, onEnd: () => undefined };
  const hub = new EventHub({ sources: app, summaries, clock, ...said });
  const put = async (key: string, value: unknown): Promise<void> => {
    const write =
      value === undefined
        ? ({ kind: "delete", key } as const)
        : ({ kind: "put", key, value: Buffer.from(JSON.stringify(value)) } as const);
    await store.transact({ compare: [], writes: [write] });
  };
  let ok = 0;
  const report = (cluster: string): void => {
    ok += 7;
    const load = { ...{ cluster, serviceName: "", dropped: 0, ok, errors: 1, inProgress: 1 } };
    const of = { reporter: "edge", atMs: clock.monotonicMs(), intervalMs: 2_000 };
    const clusters = [{ ...load, metrics: new Map(), endpoints: [] }];
    const { tally, nowMs } = app.load();
    tally.report(1, { ...of, restsWhenIdle: false, clusters });
    const oldestAtMs = tally.oldestAtMs(nowMs);
    const { figures } = app.figures();
    figures.step({ counts: tally.counts(), oldestAtMs, latency: () => undefined }, nowMs);
    app.changes.stepped();
  };
  const close = async (): Promise<void> => {
    hub.close();
    await app.close();
    await store.close();
    app.xds.close();
  };
  return { clock, app, summaries, hub, put, report, close };
}

type World = ReturnType<typeof world>;

const service = fc.constantFrom("web", "shop", "api");
const version = fc.constantFrom("v1", "v2");

const steps = [{ setWeight: 10 }, { analysis: { templates: [{ templateName: "errors" }] } }];
/** It comes into force with its template. */
const rollout = { strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps } } };
const template = { metrics: [{ name: "a", count: 1, successCondition: "result.ratio5xx < 1" }] };

const object = fc.oneof(
  fc.tuple(service, version, fc.boolean()).map(([name, v, isThere]) => ({
    key: `endpoints/${name}/${v}`,
    value: isThere
      ? { address: "10.0.0.1:1", version: v, ...(v === "v2" && { labels: { lane: "gray" } }) }
      : undefined,
  })),
  fc
    .tuple(service, fc.constantFrom(undefined, { v1: 1 }, { v1: 1, v2: 1 }, { v3: 1 }, 7))
    .map(([name, value]) => ({ key: `weights/${name}`, value })),
  fc
    .tuple(service, fc.constantFrom(undefined, {}, { subsets: [{ name: "v2" }] }, { a: 1 }))
    .map(([name, value]) => ({ key: `services/${name}`, value })),
  fc
    .tuple(service, fc.option(version, { nil: undefined }), fc.boolean())
    .map(([name, subset, isThere]) => ({
      key: "routes/r",
      value: isThere
        ? { rules: [{ backendRefs: [{ name, ...(subset && { subset }) }] }] }
        : undefined,
    })),
  service.map((name) => ({ key: `rollouts/${name}`, value: rollout })),
  fc.constantFrom(undefined, template).map((value) => ({ key: "analysistemplates/errors", value })),
  fc.constantFrom(undefined, { labels: { lane: "gray" } }).map((value) => ({
    key: "lanes/gray",
    value,
  })),
  fc.tuple(service, fc.constantFrom("1", "2"), fc.boolean()).map(([name, id, isThere]) => ({
    key: `status/alerts/${id}`,
    value: isThere
      ? {
          ...{ service: name, atMs: 1, severity: "error", title: "t", text: "" },
          webhook: { url: "https://hooks.example/", format: "slack" },
        }
      : undefined,
  })),
);

const act = fc.oneof(
  { weight: 6, arbitrary: object.map((what) => ({ kind: "put", ...what }) as const) },
  { weight: 3, arbitrary: fc.nat(1_500).map((ms) => ({ kind: "pass", ms }) as const) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(service, version)
      .map(([name, v]) => ({ kind: "report", cluster: `${name}/${v}` }) as const),
  },
  {
    weight: 3,
    arbitrary: fc
      .tuple(fc.nat(2), fc.nat(4))
      .map(([reader, count]) => ({ kind: "take", reader, count }) as const),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(2), fc.boolean())
      .map(([reader, joins]) => ({ kind: "reader", reader, joins }) as const),
  },
);

type Act = typeof act extends fc.Arbitrary<infer T> ? T : never;

async function play(at: World, readers: readonly Reader[], acts: readonly Act[]): Promise<void> {
  const nowMs = () => at.clock.monotonicMs();
  for (const each of acts) {
    if (each.kind === "put") await at.put(each.key, each.value);
    else if (each.kind === "pass") at.clock.advance(each.ms);
    else if (each.kind === "report") at.report(each.cluster);
    else if (each.kind === "take") readers[each.reader]?.take(each.count, nowMs());
    else {
      const reader = readers[each.reader];
      if (reader === undefined) continue;
      reader.subscription?.end("gone");
      reader.subscription = each.joins ? at.hub.subscribe(reader.names, hello) : undefined;
    }
    await settled(1);
  }
}

function expectSame({ app, summaries }: World, reader: Reader): void {
  const wanted = [...app.state().services.keys()].filter((name) => reader.names?.has(name) ?? true);
  expect([...reader.state.services.keys()].sort()).toEqual([...wanted].sort());
  for (const name of wanted) expect(reader.state.services.get(name)).toEqual(summaries.of(name));
}

describe("EventHub", () => {
  it("after quiet, what a reader was told is what there is, however slow it was", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { minLength: 5, maxLength: 60 }), async (acts) => {
        const at = world();
        await at.app.started;
        const readers = [undefined, new Set(["web"]), new Set(["web", "shop"])].map(
          (names) => new Reader(names),
        );
        try {
          for (const each of readers) each.subscription = at.hub.subscribe(each.names, hello);
          await play(at, readers, acts);
          at.clock.advance(2 * limits.live.eventMs);
          await settled(2);
          for (const each of readers) {
            if (each.subscription === undefined) continue;
            each.take(Number.POSITIVE_INFINITY, at.clock.monotonicMs());
            expectSame(at, each);
            expect(each.subscription.isAtRest).toBe(true);
          }
        } finally {
          await at.close();
        }
      }),
      { numRuns: 150 },
    );
  });

  it("tells all of what a new reader saw first", async () => {
    const at = world();
    await at.app.started;
    await at.put("endpoints/web/a", { address: "10.0.0.1:1", version: "v1" });
    at.clock.advance(limits.pipeline.quietMs);
    const [first, second] = [new Reader(undefined), new Reader(undefined)];
    const take = (reader: Reader) => reader.take(100, at.clock.monotonicMs());
    first.subscription = at.hub.subscribe(undefined, hello);
    take(first);
    await at.put("weights/web", { v1: 7 });
    at.report("web/v1");
    at.clock.advance(limits.pipeline.quietMs);
    second.subscription = at.hub.subscribe(undefined, hello);
    take(second);
    expectSame(at, second);
    at.clock.advance(2 * limits.live.eventMs);
    take(first);
    expectSame(at, first);
    await at.close();
  });

  it("ends what is said before the first list with the list", async () => {
    const at = world();
    await at.app.started;
    await at.put("endpoints/web/a", { address: "10.0.0.1:1", version: "v1" });
    at.clock.advance(limits.pipeline.quietMs);
    const { app, summaries, clock } = at;
    const { changes, xds } = app;
    let isRead = false;
    const sources: HubSources = {
      ...{ changes, xds, figures: () => app.figures() },
      state: () => (isRead ? app.state() : emptyState),
      translation: () => (isRead ? app.translation() : undefined),
    };
    const said = { store: () => hello.store, onEnd: () => undefined };
    const hub = new EventHub({ sources, summaries, clock, ...said });
    const reader = new Reader(undefined);
    const service = { service: "old" } as ServiceSummary;
    reader.state = reduce(initialState, { kind: "service", service });
    reader.subscription = hub.subscribe(undefined, { ...hello, revision: null });
    changes.proxiesMoved();
    clock.advance(2 * limits.live.eventMs);
    reader.take(100, clock.monotonicMs());
    expect([...reader.state.services.keys()]).toEqual(["old"]);
    isRead = true;
    changes.built({ revision: 1n, changedKeys: ["endpoints/web/a"] });
    clock.advance(2 * limits.live.eventMs);
    reader.take(100, clock.monotonicMs());
    expect([...reader.state.services.keys()]).toEqual(["web"]);
    hub.close();
    await at.close();
  });

  it("tells a reader that was slow that there were changes it did not hear of", async () => {
    const at = world();
    await at.app.started;
    const reader = new Reader(undefined);
    const take = () => reader.take(100, at.clock.monotonicMs());
    reader.subscription = at.hub.subscribe(undefined, hello);
    take();
    const change = async (key: string): Promise<void> => {
      await at.put(key, { v1: 1 });
      at.clock.advance(2 * limits.live.eventMs);
      await settled(1);
    };
    await change("weights/web");
    await change("weights/shop");
    const before = editionOf(reader.state, "weights/web");
    take();
    expect(editionOf(reader.state, "weights/web")).not.toBe(before);
    const { missed } = reader.state;
    await change("weights/web");
    take();
    expect(reader.state.missed).toBe(missed);
    await at.close();
  });

  it("does nothing while nobody reads", async () => {
    const at = world();
    await at.app.started;
    const before = at.clock.pending;
    const subscription = at.hub.subscribe(undefined, hello);
    expect(at.clock.pending).toBeGreaterThan(before);
    subscription?.end("gone");
    await at.put("endpoints/web/a", { address: "10.0.0.1:1" });
    at.report("web/v1");
    at.app.changes.proxiesMoved();
    at.clock.advance(limits.pipeline.quietMs);
    expect(at.clock.pending).toBe(before);
    expect(at.hub.size).toBe(0);
    await at.close();
  });

  it("ends the stream of a reader that may read no longer", async () => {
    const at = world();
    await at.app.started;
    let may = true;
    const subscription = at.hub.subscribe(undefined, hello, { mayGoOn: () => may });
    subscription?.take(100, at.clock.monotonicMs());
    at.clock.advance(limits.live.beatMs);
    expect(subscription?.ended).toBeUndefined();
    may = false;
    at.clock.advance(limits.live.beatMs);
    expect(subscription?.ended).toBe("refused");
    await at.close();
  });

  it("ends the stream of a reader that takes nothing, and of no other", async () => {
    const at = world();
    await at.app.started;
    const [stalled, reads] = [
      at.hub.subscribe(undefined, hello),
      at.hub.subscribe(undefined, hello),
    ];
    const { beatMs, stallMs } = limits.live;
    for (let ms = 0; ms < stallMs + beatMs; ms += beatMs) {
      reads?.take(100, at.clock.monotonicMs());
      at.clock.advance(beatMs);
    }
    expect(stalled?.ended).toBe("stalled");
    expect(reads?.ended).toBeUndefined();
    await at.close();
  });
});
