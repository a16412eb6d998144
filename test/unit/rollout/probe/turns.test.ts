import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { type TurnBounds, Turns } from "../../../../src/rollout/probe/turns.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { pass, settled } from "../../../support/settle.ts";

const bounds: TurnBounds = { concurrent: 1_000, perSecond: 1_000, shareOfFree: 1_000 };

/** Work that begins, and ends when it is told to. */
function works(turns: Turns, count: number, service = "web") {
  const begun: number[] = [];
  const ends: (() => void)[] = [];
  const cancels = Array.from({ length: count }, (_, n) =>
    turns.take(service, () => {
      begun.push(n);
      return new Promise<void>((resolve) => ends.push(resolve));
    }),
  );
  return { begun, ends, cancels };
}

describe("turns", () => {
  it("let so many run at the same time, and the next one where one ends", async () => {
    const turns = new Turns(new FakeClock(), { ...bounds, concurrent: 2 });
    const { begun, ends } = works(turns, 4);
    expect(begun).toEqual([0, 1]);
    ends[1]?.();
    await settled();
    expect(begun).toEqual([0, 1, 2]);
  });

  it("let so many begin in a second, however many are due", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, { ...bounds, perSecond: 20 });
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

  it("go round the services, however many each has due", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, { ...bounds, perSecond: 10 });
    const many = works(turns, 100, "many");
    const few = works(turns, 2, "few");
    await pass(clock, 400, 10);
    expect(few.begun).toEqual([0, 1]);
    expect(many.begun.length).toBeGreaterThan(1);
    expect(many.begun.length).toBeLessThan(5);
  });

  it.each([1, 3, 20])("leave places for others where all of %d services hang", async (hanging) => {
    const clock = new FakeClock();
    const { concurrent, shareOfFree } = limits.probes;
    const turns = new Turns(clock, { concurrent, perSecond: 1_000, shareOfFree });
    const hung = Array.from({ length: hanging }, (_, n) => works(turns, 600, `hangs-${n}`));
    await pass(clock, 10_000, 10);
    const taken = hung.reduce((sum, { begun }) => sum + begun.length, 0);
    // Few are kept free for others.
    expect(taken).toBeGreaterThan(0.75 * concurrent);
    const other = works(turns, 3, "other");
    await pass(clock, 10, 10);
    expect(other.begun).toEqual([0, 1, 2]);
  });

  it("take back what has not begun, and leave no timer", () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, { ...bounds, perSecond: 10 });
    const { begun, cancels } = works(turns, 3);
    expect(begun).toEqual([0]);
    for (const cancel of cancels) cancel();
    expect(clock.pending).toBe(0);
    clock.advance(10_000);
    expect(begun).toEqual([0]);
  });
});
