import { describe, expect, it } from "vitest";
import type { AlertJson } from "../../../../src/api/alerts.ts";
import type { EventBodies } from "../../../../src/api/events.ts";
import type { FigurePoint, ServiceSummary } from "../../../../src/api/services.ts";
import { mergePoints, windowMs } from "../../../../src/web/live/figures.ts";
import { readEvent } from "../../../../src/web/live/read-event.ts";
import {
  editionOf,
  initialState,
  type LiveEvent,
  type LiveState,
  reduce,
} from "../../../../src/web/live/state.ts";

const hello: EventBodies["hello"] = {
  ...{ version: "1", revision: 3, you: { name: "", role: "admin" } },
  store: { store: "memory", connected: true, message: "", revision: 3 },
};
const service = (name: string) => ({ service: name, split: [] }) as unknown as ServiceSummary;
const point = (atMs: number): FigurePoint => ({ atMs, versions: [] });
const alert = (id: string, at: string, state: AlertJson["state"]) =>
  ({ id, at, state, service: "web", message: "m" }) as AlertJson;

const played = (events: readonly LiveEvent[]) => events.reduce(reduce, initialState);
const said = (name: string): LiveEvent => ({ kind: "service", service: service(name) });
const opened: LiveEvent = { kind: "hello", hello, atMs: 7 };
const counted: LiveEvent = {
  kind: "proxies",
  proxies: { connected: 0, synced: 0, pending: 0, stale: 0, nacked: 0 },
};
const changed = (
  revision: number,
  since: number,
  keys: readonly string[],
  more = 0,
): LiveEvent => ({ kind: "changed", changed: { revision, since, keys, more } });
const wordsOf = ({ alerts }: LiveState) => alerts?.map(({ id, state }) => [id, state]);
const step = (name: string, atMs: number): LiveEvent => ({
  kind: "figures",
  service: name,
  point: point(atMs),
});

describe("the live state", () => {
  it("is live from the first event on, and knows what was said", () => {
    const state = played([opened, said("web"), said("shop")]);
    expect(state.link).toEqual({ kind: "live", sinceMs: 7 });
    expect([...state.services.keys()]).toEqual(["web", "shop"]);
  });

  it("shows the figures of the last step", () => {
    const versions = [
      { version: "v1", requestsPerSecond: 3 },
    ] as unknown as FigurePoint["versions"];
    const newest: LiveEvent = { kind: "figures", service: "web", point: { atMs: 5, versions } };
    expect(played([opened, said("web"), newest]).services.get("web")?.figures).toEqual(versions);
  });

  it("forgets a service that is gone, with its figures", () => {
    const state = played([opened, said("web"), step("web", 5), { kind: "gone", service: "web" }]);
    expect([state.services.size, state.figures.size]).toEqual([0, 0]);
  });

  it("keeps what it knows while the stream is away", () => {
    const lost = { kind: "lost", sinceMs: 9, retryAtMs: 10, failures: 1 } as const;
    const state = played([opened, said("web"), { kind: "link", link: lost }]);
    expect(state.link).toEqual(lost);
    expect([...state.services.keys()]).toEqual(["web"]);
  });

  it("knows when the store is not to be had, and when it is again", () => {
    const store = { ...hello.store, connected: false, message: "away" };
    const away = played([opened, { kind: "store", store }]);
    expect(away.hello).toEqual({ ...hello, store });
    expect(reduce(away, { kind: "store", store: hello.store }).hello).toEqual(hello);
  });

  it("drops after a reconnect what is not said again, with its figures, once all are said", () => {
    const known = [opened, said("web"), said("old"), step("old", 4), counted];
    const back = played([...known, opened, said("web"), step("web", 5)]);
    expect([...back.services.keys()]).toEqual(["web", "old"]);
    const whole = reduce(back, counted);
    expect([...whole.services.keys()]).toEqual(["web"]);
    expect([...whole.figures.keys()]).toEqual(["web"]);
    // What comes later is no news of what there was.
    expect([...played([...known, said("new"), counted]).services.keys()]).toContain("web");
  });

  it("counts an edition where lists may be old: hello, a change, a service that is gone", () => {
    const state = played([opened, said("web"), changed(4, 3, ["weights/web"])]);
    expect(state.edition).toBe(2);
    expect(reduce(state, { kind: "gone", service: "web" }).edition).toBe(3);
  });

  it("shows each alert once, as it was said last, the newest first", () => {
    const state = played([
      { kind: "alerts", alerts: [alert("a", "2026-01-01", "waiting")] },
      { kind: "alert", alert: alert("b", "2026-01-02", "waiting") },
      { kind: "alert", alert: alert("a", "2026-01-01", "delivered") },
    ]);
    expect(wordsOf(state)).toEqual([
      ["b", "waiting"],
      ["a", "delivered"],
    ]);
  });

  it("takes as news what came while one looked, and not what was there or becomes of it", () => {
    const old = alert("a", "2026-01-01", "waiting");
    const listed: LiveEvent = { kind: "alerts", alerts: [old] };
    const delivered: LiveEvent = { kind: "alert", alert: { ...old, state: "delivered" } };
    expect(played([opened, listed, delivered]).news).toBeNull();
    // Heard before the list was there.
    expect(played([opened, delivered, listed]).news).toBeNull();
    const fresh = alert("b", "2026-01-02", "waiting");
    const came = played([opened, { kind: "alert", alert: fresh }, listed]);
    expect(came.news).toEqual(fresh);
    const lost: LiveEvent = { kind: "alert", alert: { ...fresh, state: "lost" } };
    expect(reduce(came, lost).news).toEqual(fresh);
    expect(wordsOf(reduce(came, lost))).toEqual([
      ["b", "lost"],
      ["a", "waiting"],
    ]);
  });

  it("has after a reconnect the alerts that are listed then, and no others", () => {
    const state = played([
      opened,
      { kind: "alert", alert: alert("a", "2026-01-01", "waiting") },
      { kind: "alerts", alerts: [] },
    ]);
    expect(wordsOf(state)).toEqual([["a", "waiting"]]);
    expect(
      wordsOf([opened, { kind: "alerts", alerts: [] } as const].reduce(reduce, state)),
    ).toEqual([]);
  });

  it("reads every kind of event, and passes over one that it does not know", () => {
    const read = (event: string, data: unknown) =>
      readEvent({ event, data: JSON.stringify(data) }, 7);
    expect(read("hello", hello)).toEqual(opened);
    expect(read("figures", { service: "web", atMs: 5, versions: [] })).toEqual(step("web", 5));
    expect(read("gone", { service: "web" })).toEqual({ kind: "gone", service: "web" });
    for (const kind of ["store", "service", "changed", "proxies", "alert"]) {
      expect(read(kind, { some: 1 })).toEqual({ kind, [kind]: { some: 1 } });
    }
    expect(read("tomorrow", {})).toBeUndefined();
  });
});

describe("the edition of a key", () => {
  const key = "weights/web";
  const edition = (...events: readonly LiveEvent[]) => editionOf(played([opened, ...events]), key);
  const before = edition(changed(4, 3, [key]));

  it("is another one when the key changed, also where another change came in the same frame", () => {
    const both = [changed(4, 3, [key]), changed(5, 4, [key]), changed(6, 5, ["routes/web"])];
    expect(edition(...both)).not.toBe(before);
    expect(edition(changed(4, 3, [key]), changed(5, 4, ["routes/web"]))).toBe(before);
  });

  it("is another one where not all keys were named, or a change was not told to a slow reader", () => {
    const cut = changed(5, 4, ["routes/web"], 7);
    expect(edition(changed(4, 3, [key]), cut)).not.toBe(before);
    expect(edition(changed(4, 3, [key]), changed(6, 5, ["routes/web"]))).not.toBe(before);
    expect(edition(changed(4, 3, [key]), cut, cut)).not.toBe(edition(changed(4, 3, [key]), cut));
  });

  it("is another one after the stream was away", () => {
    expect(edition(changed(4, 3, [key]), opened)).not.toBe(before);
  });

  it("takes no more memory than for some keys, and forgets none silently", () => {
    const many = Array.from({ length: 30 }, (_, at) =>
      changed(
        5 + at,
        4 + at,
        Array.from({ length: 100 }, (_, n) => `endpoints/web/${at}-${n}`),
      ),
    );
    const state = played([opened, changed(4, 3, [key]), ...many]);
    expect(state.changed.size).toBeLessThanOrEqual(1_000);
    expect(editionOf(state, key)).not.toBe(before);
  });
});

describe("points of figures", () => {
  it("are in the order of time, each time once, and no older than the window", () => {
    const merged = mergePoints([point(0), point(10)], [point(5), point(10), point(windowMs)]);
    expect(merged.map(({ atMs }) => atMs)).toEqual([5, 10, windowMs]);
  });
});
