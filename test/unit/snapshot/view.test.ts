import { describe, expect, it } from "vitest";
import { makeResource } from "../../../src/snapshot/resource.ts";
import type { Progress } from "../../../src/snapshot/retirement.ts";
import type { TypeUrl } from "../../../src/snapshot/type-url.ts";
import { type ResourceChange, View } from "../../../src/snapshot/view.ts";
import { bundle, bundles, CDS, EDS, LDS, RDS, resource } from "./resources.ts";

const newView = (milestones = 8): View => new View("v", { changeLogEntries: 100, milestones });
const told = (changes: readonly ResourceChange[]): readonly string[] =>
  changes.map(({ typeUrl, name, kind }) => `${kind} ${typeUrl.split(".").at(-1)} ${name}`);
const times = { graceMs: 10, maxMs: 100, drainMs: 1_000 };
const all = (): Progress => "applied";
const pending = (): Progress => "pending";

const web = (content = "", routes = ["web/v1"]) =>
  bundle(
    "service/web",
    resource(RDS, "web", content, routes),
    resource(LDS, "web"),
    resource(EDS, "web/v1", content),
    resource(CDS, "web/v1", content),
  );

describe("View.apply", () => {
  it("tells changes in push order, and nothing where the content is the same", () => {
    const view = newView();
    expect(view.revision).toBeUndefined();
    expect(told(view.apply(1n, bundles(web()), 0))).toEqual([
      "added Cluster web/v1",
      "added ClusterLoadAssignment web/v1",
      "added Listener web",
      "added RouteConfiguration web",
    ]);
    expect(view.apply(2n, bundles(web()), 0)).toEqual([]);
    expect(told(view.apply(3n, bundles(web("!")), 0))).toEqual([
      "changed Cluster web/v1",
      "changed ClusterLoadAssignment web/v1",
      "changed RouteConfiguration web",
    ]);
    expect(view.revision).toBe(3n);
  });

  it("knows what one revision itself changed, as far as it remembers", () => {
    const view = newView(2);
    view.apply(1n, bundles(web()), 0);
    view.apply(2n, bundles(web(), bundle("service/two", resource(CDS, "two/v1"))), 0);
    view.apply(3n, bundles(web("!"), bundle("service/two", resource(CDS, "two/v1"))), 0);
    expect(view.changedAt(2n, CDS)).toEqual(new Set(["two/v1"]));
    expect(view.changedAt(2n, RDS)).toEqual(new Set());
    expect(view.changedAt(3n, CDS)).toEqual(new Set(["web/v1"]));
    expect(view.changedAt(4n, CDS)).toBeUndefined();
    expect(view.changedAt(1n, CDS)).toEqual(new Set(["two/v1"]));
  });

  it("removes listeners and routes at once; clusters and assignments retire", () => {
    const view = newView();
    view.apply(1n, bundles(web()), 0);
    const changes = view.apply(2n, bundles(), 0);
    expect(told(changes)).toEqual([
      "retiring Cluster web/v1",
      "retiring ClusterLoadAssignment web/v1",
      "removed Listener web",
      "removed RouteConfiguration web",
    ]);
    expect(changes.every(({ version }) => version !== "")).toBe(true);
    expect([view.table(CDS).size, view.table(EDS).size, view.table(LDS).size]).toEqual([1, 1, 0]);
    expect(view.retiringCount).toBe(2);
  });

  it("takes back what comes again while it retires, changed or not", () => {
    for (const content of ["", "!"]) {
      const view = newView();
      view.apply(1n, bundles(web()), 0);
      view.apply(2n, bundles(), 0);
      view.apply(3n, bundles(web(content)), 5);
      expect(view.retiringCount).toBe(0);
      expect(view.sweep(all, 1_000, times)).toEqual([]);
      expect(view.table(CDS).get("web/v1")).toBeDefined();
    }
  });
});

describe("View.sweep", () => {
  const retired = (): View => {
    const view = newView();
    view.apply(1n, bundles(web()), 0);
    view.apply(2n, bundles(), 0);
    return view;
  };

  it("lets go after the ACK of what no longer names it, and a grace", () => {
    const view = retired();
    const asked: string[] = [];
    const none = (typeUrl: TypeUrl, generation: number): Progress => {
      asked.push(`${typeUrl.split(".").at(-1)} ${generation}`);
      return "pending";
    };
    expect(view.sweep(none, 50, times)).toEqual([]);
    expect(new Set(asked)).toEqual(
      new Set(["Listener 2", "RouteConfiguration 2", "ScopedRouteConfiguration 0", "Runtime 0"]),
    );
    expect(view.sweep(all, 60, times)).toEqual([]);
    expect(view.sweep(none, 69, times)).toEqual([]);
    expect(told(view.sweep(none, 70, times))).toEqual([
      "removed Cluster web/v1",
      "removed ClusterLoadAssignment web/v1",
    ]);
    expect(view.retiringCount).toBe(0);
    expect(view.table(CDS).size).toBe(0);
    expect(view.sweep(all, 1_000, times)).toEqual([]);
  });

  it("waits for the generation of the change that stopped naming it, not for later ones", () => {
    const view = newView();
    view.apply(1n, bundles(web()), 0);
    view.apply(2n, bundles(bundle("service/web", resource(RDS, "web", "none"))), 0);
    view.apply(3n, bundles(bundle("service/web", resource(RDS, "web", "other"))), 1);
    const asked: number[] = [];
    view.sweep(
      (typeUrl, generation) => {
        if (typeUrl === RDS) asked.push(generation);
        return "applied";
      },
      2,
      times,
    );
    expect(new Set(asked)).toEqual(new Set([2]));
  });

  it("lets go at last though nobody ACKs", () => {
    const view = retired();
    expect(view.sweep(pending, 99, times)).toEqual([]);
    expect(view.sweep(pending, 100, times)).toHaveLength(2);
  });
});

describe("a load assignment that loses its last endpoint", () => {
  const assignment = (content: string, serves: boolean) =>
    makeResource({ typeUrl: EDS, name: "web/v1", any: Buffer.from(content), serves });
  const state = (content: string, serves: boolean) =>
    bundles({ owner: "service/web", resources: [assignment(content, serves)] });
  const inForce = (view: View) => Buffer.from(view.table(EDS).get("web/v1")?.any ?? []).toString();

  it("keeps it until the routes are ACKed, and a grace", () => {
    const view = newView();
    view.apply(1n, state("a", true), 0);
    expect(told(view.apply(2n, state("none", false), 10))).toEqual([
      "retiring ClusterLoadAssignment web/v1",
    ]);
    expect(view.sweep(pending, 50, times)).toEqual([]);
    expect(view.sweep(all, 60, times)).toEqual([]);
    expect(inForce(view)).toBe("a");
    expect(told(view.sweep(all, 70, times))).toEqual(["changed ClusterLoadAssignment web/v1"]);
    expect(inForce(view)).toBe("none");
  });

  it("does not wait anew when its owner changes for another reason", () => {
    const view = newView();
    view.apply(1n, state("a", true), 0);
    view.apply(2n, state("none", false), 0);
    view.sweep(all, 1, times);
    for (let at = 2; at <= 10; at += 1) {
      expect(view.apply(BigInt(at + 1), state("none", false), at)).toEqual([]);
    }
    expect(told(view.sweep(all, 11, times))).toEqual(["changed ClusterLoadAssignment web/v1"]);
  });

  it("does not wait anew when it is to be empty instead of gone", () => {
    const view = newView();
    view.apply(1n, state("a", true), 0);
    view.apply(2n, bundles(), 0);
    view.sweep(all, 1, times);
    view.apply(3n, state("none", false), 5);
    view.sweep(all, 11, times);
    expect(inForce(view)).toBe("none");
  });

  it("takes what comes meanwhile: an endpoint at once, another empty one in its turn", () => {
    const view = newView();
    view.apply(1n, state("a", true), 0);
    view.apply(2n, state("none", false), 0);
    view.apply(3n, state("b", true), 0);
    expect([inForce(view), view.retiringCount]).toEqual(["b", 0]);
    view.apply(4n, state("none", false), 0);
    view.apply(5n, state("drained", false), 0);
    view.sweep(all, 0, times);
    view.sweep(all, 100, times);
    expect(inForce(view)).toBe("drained");
  });
});

describe("View.generationAt", () => {
  it("is the generation of the first state at or after a revision", () => {
    const view = newView();
    expect(view.generationAt(1n, RDS)).toBeUndefined();
    view.apply(5n, bundles(web()), 0);
    view.apply(7n, bundles(web()), 0);
    view.apply(9n, bundles(web("!")), 0);
    const at = (revision: bigint) => view.generationAt(revision, RDS);
    expect([1n, 5n, 6n, 7n, 8n, 9n].map(at)).toEqual([1, 1, 1, 1, 2, 2]);
    expect(at(10n)).toBeUndefined();
    expect(view.generationAt(9n, LDS)).toBe(1);
    expect(view.generationAt(9n, "example.com/None" as TypeUrl)).toBe(0);
  });

  it("of a revision older than the memory is the oldest one", () => {
    const view = newView(2);
    for (const n of [1, 2, 3]) view.apply(BigInt(n), bundles(web(`${n}`)), 0);
    expect(view.generationAt(1n, RDS)).toBe(2);
  });
});

describe("a history that goes back, or stands still", () => {
  it("what came later in it is forgotten", () => {
    const view = newView();
    for (const n of [1, 5, 9]) view.apply(BigInt(n), bundles(web(`${n}`)), 0);
    view.apply(4n, bundles(web("!")), 0);
    expect(view.revision).toBe(4n);
    expect([1n, 4n, 5n].map((at) => view.generationAt(at, RDS))).toEqual([1, 4, undefined]);
  });

  it("two steps of one revision are one step", () => {
    const view = newView();
    const more = (name: string) => bundle(name, resource(CDS, name));
    view.apply(1n, bundles(web()), 0);
    view.apply(2n, bundles(web(), more("a")), 0);
    view.apply(2n, bundles(web(), more("a"), more("b")), 0);
    expect(view.generationAt(2n, CDS)).toBe(3);
    expect(view.changedAt(2n, CDS)).toEqual(new Set(["a", "b"]));
  });
});

describe("View.table", () => {
  it("of a type that nobody serves is empty, and not kept", () => {
    const view = newView();
    view.table(CDS);
    expect(view.table("example.com/Strange" as TypeUrl).size).toBe(0);
    expect(view.tables().map(({ typeUrl }) => typeUrl)).toEqual([CDS]);
  });

  it("of a type that gets its first resource tells those who asked before", () => {
    const view = newView();
    const strange = "example.com/Strange" as TypeUrl;
    const { generation } = view.table(strange);
    view.apply(1n, bundles(bundle("raw/x", resource(strange, "x"))), 0);
    expect(view.table(strange).changedSince(generation)).toEqual([{ name: "x", before: "absent" }]);
    expect(view.tables()).toHaveLength(1);
  });
});
