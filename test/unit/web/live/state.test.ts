import { describe, expect, it } from "vitest";
import type { AlertJson } from "../../../../src/api/alerts.ts";
import type { EventBodies } from "../../../../src/api/events.ts";
import type { FigurePoint, ServiceSummary } from "../../../../src/api/services.ts";
import { mergePoints, windowMs } from "../../../../src/web/live/figures.ts";
import { readEvent } from "../../../../src/web/live/read-event.ts";
import { initialState, type LiveEvent, reduce } from "../../../../src/web/live/state.ts";

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

  it("drops after a reconnect what is not said again, once steps go on", () => {
    const back = played([opened, said("web"), said("old"), opened, said("web")]);
    expect([...back.services.keys()]).toEqual(["web", "old"]);
    expect([...reduce(back, step("web", 5)).services.keys()]).toEqual(["web"]);
  });

  it("counts an edition where lists may be old: hello, a change, a service that is gone", () => {
    const changed = { revision: 4, keys: ["weights/web"], more: 0 };
    const state = played([opened, said("web"), { kind: "changed", changed }]);
    expect([state.edition, state.changed]).toEqual([2, changed]);
  });

  it("shows each alert once, as it was said last, the newest first", () => {
    const state = played([
      { kind: "alerts", alerts: [alert("a", "2026-01-01", "waiting")] },
      { kind: "alert", alert: alert("b", "2026-01-02", "waiting") },
      { kind: "alert", alert: alert("a", "2026-01-01", "delivered") },
    ]);
    expect(state.alerts.map(({ id, state: word }) => [id, word])).toEqual([
      ["b", "waiting"],
      ["a", "delivered"],
    ]);
  });

  it("reads every kind of event, and passes over one that it does not know", () => {
    const read = (event: string, data: unknown) =>
      readEvent({ event, data: JSON.stringify(data) }, 7);
    expect(read("hello", hello)).toEqual(opened);
    expect(read("figures", { service: "web", atMs: 5, versions: [] })).toEqual(step("web", 5));
    expect(read("gone", { service: "web" })).toEqual({ kind: "gone", service: "web" });
    for (const kind of ["service", "changed", "proxies", "alert"]) {
      expect(read(kind, { some: 1 })).toEqual({ kind, [kind]: { some: 1 } });
    }
    expect(read("tomorrow", {})).toBeUndefined();
  });
});

describe("points of figures", () => {
  it("are in the order of time, each time once, and no older than the window", () => {
    const merged = mergePoints([point(0), point(10)], [point(5), point(10), point(windowMs)]);
    expect(merged.map(({ atMs }) => atMs)).toEqual([5, 10, windowMs]);
  });
});
