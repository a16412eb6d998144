import { describe, expect, it } from "vitest";
import { coalesce } from "../../../src/lib/coalesce.ts";
import { FakeClock } from "../../support/fake-clock.ts";

function setUp() {
  const clock = new FakeClock();
  const ranAt: number[] = [];
  const task = coalesce(clock, { quietMs: 5, maxMs: 20 }, () => ranAt.push(clock.monotonicMs()));
  return { clock, ranAt, task };
}

describe("coalesce", () => {
  it("runs once, after a pause", () => {
    const { clock, ranAt, task } = setUp();
    for (let n = 0; n < 3; n++) {
      task.poke();
      clock.advance(4);
    }
    expect(ranAt).toEqual([]);
    clock.advance(100);
    expect(ranAt).toEqual([13]);
    expect(clock.pending).toBe(0);
  });

  it("runs at the latest after the maximum, and starts counting anew", () => {
    const { clock, ranAt, task } = setUp();
    for (let n = 0; n < 50; n++) {
      task.poke();
      clock.advance(1);
    }
    clock.advance(100);
    expect(ranAt).toEqual([20, 40, 54]);
  });

  it("flush runs what is pending now, and only that", () => {
    const { clock, ranAt, task } = setUp();
    task.flush();
    expect(ranAt).toEqual([]);
    task.poke();
    clock.advance(2);
    task.flush();
    clock.advance(100);
    expect(ranAt).toEqual([2]);
  });

  it("cancel forgets what is pending", () => {
    const { clock, ranAt, task } = setUp();
    task.poke();
    task.cancel();
    expect(clock.pending).toBe(0);
    clock.advance(100);
    expect(ranAt).toEqual([]);
    task.poke();
    clock.advance(100);
    expect(ranAt).toEqual([105]);
  });

  it("a task that pokes runs again, later", () => {
    const clock = new FakeClock();
    let runs = 0;
    const task = coalesce(clock, { quietMs: 5, maxMs: 20 }, () => {
      runs += 1;
      if (runs < 3) task.poke();
    });
    task.poke();
    clock.advance(5);
    expect(runs).toBe(1);
    clock.advance(100);
    expect(runs).toBe(3);
  });

  it("a task that throws leaves it as new", () => {
    const clock = new FakeClock();
    let fails = true;
    const task = coalesce(clock, { quietMs: 5, maxMs: 20 }, () => {
      if (fails) throw new Error("planted");
    });
    task.poke();
    expect(() => clock.advance(5)).toThrow("planted");
    fails = false;
    task.flush();
    expect(clock.pending).toBe(0);
  });
});
