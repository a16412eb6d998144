import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Frame,
  nearestAt,
  plotted,
  spanOf,
  valueMarks,
  xOf,
} from "../../../../src/web/plot/geometry.ts";
import { errorRatio, requestRate, versionSeries } from "../../../../src/web/plot/version-series.ts";
import { colourOf } from "../../../../src/web/version-colour.ts";

const frame: Frame = {
  ...{ width: 120, height: 70, left: 10, right: 10, top: 10, bottom: 10 },
  ...{ fromMs: 0, toMs: 900_000 },
};

describe("the geometry of a plot", () => {
  it("puts time from left to right and values from below, with a gap where nothing is known", () => {
    const samples = [
      { atMs: 0, value: 0 },
      { atMs: 450_000, value: 10 },
      { atMs: 500_000, value: null },
      { atMs: 900_000, value: 5 },
    ];
    const { lines } = plotted([{ name: "v1", samples }], frame, 1);
    expect(lines).toEqual([{ name: "v1", path: "M10 60L60 10M110 35", end: { x: 110, y: 35 } }]);
  });

  it("marks five minutes and half of a round value", () => {
    const { timeMarks, valueMarks: marks } = plotted([], frame, 4);
    expect(timeMarks.map(({ atMs }) => atMs)).toEqual([0, 300_000, 600_000, 900_000]);
    expect(marks.map(({ value, y }) => [value, y])).toEqual([
      [0, 60],
      [2, 35],
      [4, 10],
    ]);
  });

  it("has a round top that no value is above, and not far above", () => {
    fc.assert(
      fc.property(fc.double({ min: 1e-6, max: 1e9, noNaN: true }), (most) => {
        const top = valueMarks(most).at(-1) ?? 0;
        expect(top).toBeGreaterThanOrEqual(most * 0.999_99);
        expect(top).toBeLessThanOrEqual(most * 2.000_1);
      }),
    );
  });

  it("begins with the first point, and is 3 minutes at the least and 15 at the most", () => {
    const minute = 60_000;
    expect(spanOf([], 20 * minute)).toEqual({ fromMs: 17 * minute, toMs: 20 * minute });
    expect(spanOf([minute, 6 * minute], 0)).toEqual({ fromMs: minute, toMs: 6 * minute });
    expect(spanOf([0, 20 * minute], 0)).toEqual({ fromMs: 5 * minute, toMs: 20 * minute });
    const short = { ...frame, toMs: 3 * minute };
    expect(plotted([], short, 1).timeMarks.map(({ atMs }) => atMs / minute)).toEqual([0, 1, 2, 3]);
  });

  it("finds the time that is nearest to a place", () => {
    expect(nearestAt([0, 450_000, 900_000], xOf(500_000, frame), frame)).toBe(450_000);
    expect(nearestAt([], 5, frame)).toBeUndefined();
  });
});

describe("lines of versions", () => {
  const figures = { requestsPerSecond: 5, errorRatio: null } as never;
  const points = [{ atMs: 1, versions: [{ ...(figures as object), version: "v10" }] }] as never;

  it("are one for each version, in the order that people count", () => {
    const series = versionSeries(points, ["v2"], requestRate);
    expect(series).toEqual([
      { name: "v2", samples: [{ atMs: 1, value: null }] },
      { name: "v10", samples: [{ atMs: 1, value: 5 }] },
    ]);
    expect(versionSeries(points, [], errorRatio)[0]?.samples).toEqual([{ atMs: 1, value: null }]);
  });

  it("have one colour a version, whatever is asked for first", () => {
    expect(["v10", "v2"].map((version) => colourOf(version, ["v10", "v2", "v2"]))).toEqual([1, 0]);
    expect(colourOf("unknown", ["v1"])).toBe(0);
  });
});
