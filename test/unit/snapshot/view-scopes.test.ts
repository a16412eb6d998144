import { describe, expect, it } from "vitest";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import type { Progress } from "../../../src/snapshot/retirement.ts";
import { type TypeUrl, typeUrls } from "../../../src/snapshot/type-url.ts";
import { View } from "../../../src/snapshot/view.ts";
import { bundle, bundles, CDS, EDS, LDS, RDS, resource } from "./resources.ts";

const SRDS = typeUrls.scopedRoute;
const times = { graceMs: 10, maxMs: 100, drainMs: 1_000 };
const applied = (): Progress => "applied";

const cluster = (name: string): readonly Resource[] => [
  resource(CDS, name, "", [name]),
  resource(EDS, name),
];
const scope = (name: string, to: string): Resource =>
  makeResource({
    typeUrl: SRDS,
    name,
    any: Buffer.from(`${name}${to}`),
    needs: [{ typeUrl: CDS, name: to }],
  });
const scoped = resource(LDS, "edge/http", "scoped");
const whole = [resource(LDS, "edge/http", "whole", ["edge/http"]), resource(RDS, "edge/http")];
const two = [scope("edge/http/a", "a"), scope("edge/http/b", "b")];
const clusters = [...cluster("a"), ...cluster("b")];

const viewOf = (...resources: readonly Resource[]): View => {
  const view = new View("v", { changeLogEntries: 100, milestones: 8 });
  view.apply(1n, bundles(bundle("all", ...resources)), 0);
  return view;
};
const put = (view: View, nowMs: number, ...resources: readonly Resource[]) =>
  view.apply((view.revision ?? 0n) + 1n, bundles(bundle("all", ...resources)), nowMs);
const names = (view: View, typeUrl: TypeUrl = SRDS): readonly string[] =>
  [...view.table(typeUrl).resources()].map(({ name }) => name).toSorted();

describe("scopes", () => {
  it("go at once while their listener stays, and their clusters wait for the ACK of it", () => {
    const view = viewOf(scoped, ...two, ...clusters);
    put(view, 0, scoped, scope("edge/http/a", "a"), ...cluster("a"));
    expect([names(view), names(view, CDS)]).toEqual([["edge/http/a"], ["a", "b"]]);
    const pending = (typeUrl: TypeUrl): Progress => (typeUrl === SRDS ? "pending" : "applied");
    view.sweep(pending, 50, times);
    expect(names(view, CDS)).toEqual(["a", "b"]);
    view.sweep(applied, 60, times);
    view.sweep(applied, 70, times);
    expect(names(view, CDS)).toEqual(["a"]);
  });

  it("stay for the drain of a listener that is to have its routes whole, with their clusters", () => {
    const view = viewOf(scoped, ...two, ...clusters);
    put(view, 0, ...whole);
    view.sweep(applied, 0, times);
    view.sweep(applied, 999, times);
    expect([names(view), names(view, CDS)]).toEqual([
      ["edge/http/a", "edge/http/b"],
      ["a", "b"],
    ]);
    view.sweep(applied, 1_000, times);
    expect([names(view), names(view, CDS), view.retiringCount]).toEqual([[], [], 0]);
  });

  it("stay for the drain of a listener that is gone, but not those of another one", () => {
    const other = [resource(LDS, "edge/x"), scope("edge/x/a", "a")];
    const view = viewOf(scoped, ...two, ...other, ...clusters);
    put(view, 0, ...other.slice(0, 1), ...clusters);
    expect(names(view)).toEqual(["edge/http/a", "edge/http/b"]);
  });

  it("of before go at once when the listener has scopes again", () => {
    const view = viewOf(scoped, ...two, ...clusters);
    put(view, 0, ...whole, ...clusters);
    put(view, 10, scoped, scope("edge/http/b", "b"), ...clusters);
    expect([names(view), view.retiringCount]).toEqual([["edge/http/b"], 0]);
  });

  it("go at once where the listener that changes keeps others", () => {
    const view = viewOf(scoped, ...two, ...clusters);
    put(view, 0, resource(LDS, "edge/http", "edited"), scope("edge/http/a", "a"), ...clusters);
    expect(names(view)).toEqual(["edge/http/a"]);
  });

  it("come along with a proxy that goes to another view, for its drain", () => {
    const view = viewOf(...cluster("a"));
    view.adopt(viewOf(scoped, ...two, ...clusters), 0, 100);
    expect([names(view), names(view, CDS)]).toEqual([
      ["edge/http/a", "edge/http/b"],
      ["a", "b"],
    ]);
    view.sweep(applied, 0, times);
    view.sweep(applied, 1_000, times);
    expect([names(view), names(view, CDS)]).toEqual([[], ["a"]]);
    const same = viewOf(scoped, scope("edge/http/a", "a"));
    same.adopt(viewOf(scoped, ...two, ...clusters), 0, 100);
    expect(names(same)).toEqual(["edge/http/a"]);
  });
});
