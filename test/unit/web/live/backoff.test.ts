import { describe, expect, it } from "vitest";
import { backoffMs } from "../../../../src/web/live/backoff.ts";

describe("the back-off of the page", () => {
  it("doubles from half a second to 15 s", () => {
    expect([1, 2, 3, 6, 60].map((failures) => backoffMs(failures, 1))).toEqual([
      500, 1_000, 2_000, 15_000, 15_000,
    ]);
  });

  it("takes up to a half off by chance", () => {
    expect(backoffMs(3, 0)).toBe(1_000);
  });
});
