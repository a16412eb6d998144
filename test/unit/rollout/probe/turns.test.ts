import { describe, expect, it } from "vitest";
import { Turns } from "../../../../src/rollout/probe/turns.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { pass, settled } from "../../../support/settle.ts";

/** Work that begins, and ends when it is told to. */
function works(turns: Turns, count: number) {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const cancels = Array.from({ length: count }, (_, n) =>
    turns.take(() => {
      begun.push(n);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  return { begun, ends, cancels };
}

describe("turns", () => {
  it("let so many run at the same time, and the next one where one ends", async () => {
    const turns = new Turns(new FakeClock(), { concurrent: 2, perSecond: 1_000 });
    const { begun, ends } = works(turns, 4);
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    await settled();
    expect(begun).toEqual([0, 1, 2]);
  });

  it("let so many begin in a second, however many are due", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, { concurrent: 1_000, perSecond: 20 });
    const { begun } = works(turns, 100);
    // A tenth of a second is saved up at the most.
    expect(begun).toHaveLength(2);
    await pass(clock, 1_000, 10);
    expect(begun.length).toBeGreaterThan(18);
    expect(begun.length).toBeLessThanOrEqual(22);
    await pass(clock, 5_000, 10);
    expect(begun).toEqual(Array.from({ length: 100 }, (_, n) => n));
    expect(clock.pending).toBe(0);
  });

  it("take back what has not begun, and leave no timer", () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, { concurrent: 10, perSecond: 10 });
    const { begun, cancels } = works(turns, 3);
    expect(begun).toEqual([0]);
    for (const cancel of cancels) cancel();
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(begun).toEqual([0]);
  });
});
