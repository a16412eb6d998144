import { expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { boundRanges, boundsWith, type WireBounds } from "../../../../src/xds/server/bounds.ts";

it("a bound that is undefined is the default one, not none", () => {
  const own = { requestBytes: undefined, drainMs: 1 } as unknown as Partial<WireBounds>;
  expect(boundsWith(own)).toEqual({ ...limits.xds, drainMs: 1 });
});

it("the defaults are within their ranges", () => {
  const bounds = boundsWith();
  for (const [name, { least, most }] of Object.entries(boundRanges)) {
    const value = bounds[name as keyof WireBounds];
    expect(value, name).toBeGreaterThanOrEqual(least);
    expect(value, name).toBeLessThanOrEqual(most);
  }
});
