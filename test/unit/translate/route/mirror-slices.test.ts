import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../../src/model/names.ts";
import { million, mirrorSlices } from "../../../../src/translate/route/mirror-slices.ts";
import type { ForwardPlan, PlannedMirror } from "../../../../src/translate/route/plan.ts";
import { subsetName } from "../states.ts";

const forward = (mirrors: readonly PlannedMirror[]): ForwardPlan => ({
  kind: "forward",
  moving: undefined,
  clusters: [],
  hashSplit: undefined,
  affinity: undefined,
  requestHeaders: undefined,
  responseHeaders: undefined,
  rewrite: undefined,
  mirrors,
  cors: undefined,
  timeoutMs: undefined,
  perTryMs: undefined,
  retry: undefined,
  rateLimit: undefined,
});

const mirror = (subset: string, from: number, perMillion: number): PlannedMirror => ({
  service: "dark" as ServiceName,
  subset: subsetName(subset),
  from,
  perMillion,
});

const mirrors = fc.array(
  fc
    .tuple(
      fc.constantFrom("v1", "v2", "v3"),
      fc.oneof(fc.constant(0), fc.integer({ min: 0, max: million - 1 })),
      fc.integer({ min: 1, max: million }),
    )
    .map(([subset, from, size]) => mirror(subset, from, Math.min(size, million - from))),
  { maxLength: 6 },
);

/** What Envoy does: the first route whose fraction is above the number, then each policy by it. */
function copiesOf(action: ForwardPlan, drawn: number): readonly string[] {
  const slice = mirrorSlices(action).find(({ below = million }) => drawn < below);
  return (slice?.action.mirrors ?? []).flatMap(({ subset, from, perMillion }) => {
    expect(from).toBe(0);
    return drawn < perMillion ? [subset] : [];
  });
}

describe("slices of mirrors", () => {
  it("are one, the action itself, where every mirror begins at 0", () => {
    const action = forward([mirror("v1", 0, 200_000), mirror("v2", 0, million)]);
    expect(mirrorSlices(action)).toEqual([{ below: undefined, action }]);
    expect(mirrorSlices(action)[0]?.action).toBe(action);
  });

  it("are the same objects for the same action", () => {
    const action = forward([mirror("v1", 0, 500_000), mirror("v2", 500_000, 500_000)]);
    expect(mirrorSlices(action)).toBe(mirrorSlices(action));
    expect(mirrorSlices(action).map(({ below }) => below)).toEqual([500_000, undefined]);
  });

  it("copy each number to the mirrors that have it, and to no other", () => {
    fc.assert(
      fc.property(mirrors, fc.array(fc.integer({ min: 0, max: million - 1 })), (given, numbers) => {
        const action = forward(given);
        const ends = given.flatMap(({ from, perMillion }) => [from, from + perMillion]);
        const near = ends.flatMap((end) => [end - 1, end]).filter((n) => n >= 0 && n < million);
        for (const drawn of [...numbers, ...near]) {
          const expected = given
            .filter(({ from, perMillion }) => drawn >= from && drawn < from + perMillion)
            .map(({ subset }) => subset);
          expect(copiesOf(action, drawn)).toEqual(expected);
        }
      }),
    );
  });
});
