import { describe, expect, it } from "vitest";
import type { Resource } from "../../../src/snapshot/resource.ts";
import type { Progress } from "../../../src/snapshot/retirement.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { View } from "../../../src/snapshot/view.ts";
import { bundle, bundles, CDS, EDS, LDS, RDS, resource } from "./resources.ts";

const SDS = typeUrls.secret;
const times = { graceMs: 10, maxMs: 100, drainMs: 1_000 };
const applied = (): Progress => "applied";
const most = 100;

const cluster = (name: string, secret?: string): readonly Resource[] => [
  { ...resource(CDS, name, "", [name]), needs: secret ? [{ typeUrl: SDS, name: secret }] : [] },
  resource(EDS, name),
];
const socket = (name: string, ...to: readonly string[]): readonly Resource[] => [
  resource(LDS, name, "", [name]),
  resource(RDS, name, to.join(), to),
];
const viewOf = (...resources: readonly Resource[]): View => {
  const view = new View("v", { changeLogEntries: 100, milestones: 8 });
  view.apply(1n, bundles(bundle("all", ...resources)), 0);
  return view;
};
const put = (view: View, nowMs: number, ...resources: readonly Resource[]) =>
  view.apply((view.revision ?? 0n) + 1n, bundles(bundle("all", ...resources)), nowMs);
const clusters = (view: View): readonly string[] =>
  [...view.table(CDS).resources()].map(({ name }) => name).toSorted();
/** Until when a cluster stays that all proxies ACK the end of at once. */
const staysUntil = (view: View, name: string, fromMs: number): number => {
  for (let at = fromMs; at < fromMs + 5_000; at += 10) {
    view.sweep(applied, at, times);
    if (view.table(CDS).get(name) === undefined) return at;
  }
  throw new Error(`${name} stays`);
};

describe("a listener that goes", () => {
  const before = [
    ...socket("one", "web"),
    ...socket("two", "only"),
    ...cluster("web"),
    ...cluster("only"),
  ];

  it("keeps for a drain what its routes named, and nothing else", () => {
    const view = viewOf(...before);
    put(view, 0);
    expect(view.retiringCount).toBe(4);
    expect(staysUntil(view, "web", 0)).toBe(1_000);
    const other = viewOf(...before);
    put(other, 0, ...socket("one", "only"), ...socket("two", "only"), ...cluster("only"));
    expect(staysUntil(other, "web", 0)).toBe(10);
  });

  it("keeps what ends while it drains for the rest, and what ends later for the grace", () => {
    const rest = [...socket("two", "only"), ...cluster("only")];
    const view = viewOf(...before);
    put(view, 0, ...rest, ...cluster("web"));
    put(view, 400, ...rest);
    expect(staysUntil(view, "web", 400)).toBe(1_000);
    const later = viewOf(...before);
    put(later, 0, ...rest, ...cluster("web"));
    put(later, 3_000, ...rest);
    expect(staysUntil(later, "web", 3_000)).toBe(3_010);
  });

  it("keeps what the routes before named, where proxies may have these still", () => {
    const view = viewOf(...before);
    const rest = [...socket("two", "only"), ...cluster("only")];
    put(view, 0, ...socket("one", "only"), ...rest);
    put(view, 5, ...rest);
    expect(staysUntil(view, "web", 5)).toBeGreaterThanOrEqual(1_000);
  });

  it("does not keep endpoints that are gone", () => {
    const view = viewOf(...before);
    const dead = { ...resource(EDS, "web", "none"), serves: false };
    put(view, 0, ...cluster("web"), ...cluster("only"));
    put(view, 0, resource(CDS, "web", "", ["web"]), dead, ...cluster("only"));
    view.sweep(applied, 0, times);
    view.sweep(applied, 10, times);
    expect(view.table(EDS).get("web")?.serves).toBe(false);
  });

  it("keeps the secrets that retiring clusters need, and no other", () => {
    const secrets = [resource(SDS, "upstream"), resource(SDS, "downstream")];
    const view = viewOf(...socket("one", "tls"), ...cluster("tls", "upstream"), ...secrets);
    put(view, 0);
    expect([...view.table(SDS).resources()].map(({ name }) => name)).toEqual(["upstream"]);
    expect(staysUntil(view, "tls", 0)).toBe(1_000);
    expect(view.table(SDS).size).toBe(0);
  });
});

describe("View.adopt", () => {
  const from = () =>
    viewOf(...socket("a/l", "web"), ...cluster("web", "key"), resource(SDS, "key"));
  const to = () => viewOf(...socket("b/l", "only"), ...cluster("only"));

  it("takes over what the proxy may still use, for its drain", () => {
    const view = to();
    const changes = view.adopt(from(), 0, most);
    expect(changes.map(({ kind, name }) => `${kind} ${name}`).toSorted()).toEqual([
      "retiring key",
      "retiring web",
      "retiring web",
    ]);
    expect(clusters(view)).toEqual(["only", "web"]);
    expect([view.table(EDS).size, view.table(SDS).size, view.table(LDS).size]).toEqual([2, 1, 1]);
    expect(staysUntil(view, "web", 0)).toBe(1_000);
    expect([view.table(EDS).size, view.table(SDS).size]).toEqual([1, 0]);
  });

  it("waits for the ACK of this view's listeners and routes", () => {
    const view = to();
    view.adopt(from(), 0, most);
    const asked = new Set<string>();
    view.sweep(
      (typeUrl, generation) => {
        asked.add(`${typeUrl.split(".").at(-1)} ${generation}`);
        return "rejected";
      },
      50_000,
      times,
    );
    expect(asked).toEqual(
      new Set(["Listener 1", "RouteConfiguration 1", "ScopedRouteConfiguration 0", "Runtime 0"]),
    );
    expect(clusters(view)).toEqual(["only", "web"]);
  });

  it("keeps no longer than the grace what listeners of the same name took leave of", () => {
    const view = viewOf(...socket("a/l", "only"), ...cluster("only"));
    view.adopt(from(), 0, most);
    expect(staysUntil(view, "web", 0)).toBe(10);
  });

  it("takes over what is retiring there, with its drain, and begins anew what retires here", () => {
    const [first, second] = [from(), to()];
    put(first, 0);
    second.adopt(first, 400, most);
    expect(staysUntil(second, "web", 400)).toBe(1_000);
    const third = to();
    third.adopt(from(), 0, most);
    third.adopt(from(), 900, most);
    expect(staysUntil(third, "web", 900)).toBe(1_900);
  });

  it("takes nothing that the view has, or none of it that it gets meanwhile", () => {
    const view = to();
    expect(view.adopt(to(), 0, most)).toEqual([]);
    view.adopt(from(), 0, most);
    put(view, 1, ...socket("b/l", "web"), ...cluster("web"), ...cluster("only"));
    for (const at of [2, 10_000]) view.sweep(applied, at, times);
    expect([clusters(view), view.retiringCount]).toEqual([["only", "web"], 0]);
  });

  it("is bounded, and what connections need that are drained comes first", () => {
    const view = to();
    view.adopt(
      viewOf(...cluster("a"), ...cluster("b"), ...cluster("web"), ...socket("l", "web")),
      0,
      1,
    );
    expect(clusters(view)).toEqual(["only", "web"]);
  });
});
