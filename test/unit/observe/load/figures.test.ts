import { describe, expect, it } from "vitest";
import { LoadFigures } from "../../../../src/observe/load/figures.ts";

const bounds = { figureStepMs: 5_000, figurePoints: 4, figureVersions: 2 };

const counted = (cluster: string, ok: number, errors = 0, inProgress = 0) => ({
  ...{ cluster, ok, errors, inProgress },
});

const input = (...counts: readonly ReturnType<typeof counted>[]) => ({
  counts,
  oldestAtMs: undefined,
  latency: () => undefined,
});

const versionsOf = (figures: LoadFigures, service: string) =>
  figures.latest(service)?.versions.map(({ version }) => version);

describe("LoadFigures", () => {
  it("has nothing before the first step", () => {
    const figures = new LoadFigures(bounds);
    expect(figures.latest("web")).toBeUndefined();
    expect(figures.points("web")).toEqual([]);
  });

  it("tells how many requests a second came between two steps, however late the second one was", () => {
    const figures = new LoadFigures(bounds);
    figures.step(input(counted("web/v1", 50, 5, 3)), 5_000);
    expect(figures.latest("web")).toEqual({
      atMs: 5_000,
      versions: [
        {
          ...{ version: "v1", requestsPerSecond: 11, errorsPerSecond: 1, inProgress: 3 },
          ...{ latency: undefined, ageMs: undefined },
        },
      ],
    });
    figures.step(input(counted("web/v1", 150, 5)), 15_000);
    expect(figures.latest("web")?.versions).toMatchObject([
      { requestsPerSecond: 10, errorsPerSecond: 0, inProgress: 0 },
    ]);
  });

  it("keeps latency, and how old the reports were", () => {
    const figures = new LoadFigures(bounds);
    const latency = (cluster: string) => (cluster === "web/v1" ? { p50: 4, p99: 16 } : undefined);
    figures.step({ counts: [counted("web/v1", 1)], oldestAtMs: 3_000, latency }, 5_000);
    expect(figures.latest("web")?.versions).toMatchObject([
      { latency: { p50: 4, p99: 16 }, ageMs: 2_000 },
    ]);
  });

  it("remembers as many points as it has room for, the oldest first", () => {
    const figures = new LoadFigures(bounds);
    for (let step = 1; step <= 6; step += 1) {
      figures.step(input(counted("web/v1", step * 5)), step * 5_000);
    }
    const points = figures.points("web");
    expect(points.map(({ atMs }) => atMs)).toEqual([15_000, 20_000, 25_000, 30_000]);
    expect(points.map(({ versions }) => versions[0]?.requestsPerSecond)).toEqual([1, 1, 1, 1]);
  });

  it("counts from zero where sums have begun anew", () => {
    const figures = new LoadFigures(bounds);
    figures.step(input(counted("web/v1", 100, 100)), 5_000);
    figures.step(input(counted("web/v1", 10, 5)), 10_000);
    expect(figures.latest("web")?.versions).toMatchObject([
      { requestsPerSecond: 3, errorsPerSecond: 1 },
    ]);
  });

  it("takes lanes and aggregates for no versions", () => {
    const figures = new LoadFigures(bounds);
    const names = ["web/~dev", "web/v2+v1", "web", "other", "a/b/c", "web/v1"];
    figures.step(input(...names.map((name) => counted(name, 5))), 5_000);
    expect(versionsOf(figures, "web")).toEqual(["v1"]);
    expect([...figures.services()]).toEqual(["web"]);
  });

  it("begins anew after a rest, however long that was", () => {
    const figures = new LoadFigures(bounds);
    expect(figures.isIdle).toBe(true);
    figures.step(input(counted("web/v1", 5)), 5_000);
    expect(figures.isIdle).toBe(false);
    figures.step(input(), 10_000);
    expect(figures.isIdle).toBe(true);
    figures.step(input(counted("web/v1", 10)), 1_000_000);
    expect(figures.points("web")).toMatchObject([
      { atMs: 1_000_000, versions: [{ requestsPerSecond: 2 }] },
    ]);
  });

  it("forgets what is not counted any more, and gives its room to others", () => {
    const figures = new LoadFigures(bounds);
    figures.step(input(counted("web/v1", 5), counted("web/v2", 5), counted("web/v3", 500)), 5_000);
    expect(versionsOf(figures, "web")).toEqual(["v1", "v2"]);
    expect(figures.leftOut).toBe(1);
    figures.step(input(counted("web/v2", 10), counted("shop/v1", 5)), 10_000);
    expect(versionsOf(figures, "web")).toEqual(["v2"]);
    // What it had before it found room is of a time that nobody knows.
    figures.step(input(counted("web/v2", 10), counted("web/v3", 505)), 15_000);
    expect(figures.leftOut).toBe(0);
    figures.step(input(counted("web/v2", 10), counted("web/v3", 510)), 20_000);
    expect(figures.points("web").map(({ versions }) => versions.at(-1))).toMatchObject([
      { version: "v2", requestsPerSecond: 1 },
      { version: "v2", requestsPerSecond: 1 },
      { version: "v3", requestsPerSecond: 0 },
      { version: "v3", requestsPerSecond: 1 },
    ]);
    expect(figures.latest("shop")?.versions).toEqual([]);
  });
});
