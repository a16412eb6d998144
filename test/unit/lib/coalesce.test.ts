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

  it("does not wait for more after a quiet time where it is eager, but for the rest of a burst", () => {
    const clock = new FakeClock();
    const ranAt: number[] = [];
    const times = { quietMs: 5, maxMs: 20, eager: true };
    const task = coalesce(clock, times, () => ranAt.push(clock.monotonicMs()));
    const pokeAt = (ms: number): void => {
      clock.advance(ms - clock.monotonicMs());
      task.poke();
    };
    for (const ms of [100, 102, 104, 200, 205]) pokeAt(ms);
    clock.advance(100);
    expect(ranAt).toEqual([100, 109, 200, 205]);
    ranAt.length = 0;
    // Two at once are a burst already.
    pokeAt(500);
    task.poke();
    clock.advance(100);
    expect(ranAt).toEqual([505]);
  });

  describe("a task that takes time", () => {
    const slow = (tookMs: number) => {
      const clock = new FakeClock();
      const ran: { readonly from: number; readonly to: number }[] = [];
      const task = coalesce(clock, { quietMs: 5, maxMs: 100 }, () => {
        const from = clock.monotonicMs();
        clock.spend(tookMs);
        ran.push({ from, to: clock.monotonicMs() });
      });
      const pokes = (count: number, everyMs: number): void => {
        for (let n = 0; n < count; n++) {
          task.poke();
          clock.advance(everyMs);
        }
      };
      return { clock, ran, task, pokes };
    };

    it("rests for as long as it took", () => {
      const { clock, ran, task } = slow(40);
      task.poke();
      clock.advance(5);
      task.poke();
      clock.advance(1_000);
      expect(ran).toEqual([
        { from: 5, to: 45 },
        { from: 85, to: 125 },
      ]);
    });

    it("has at most half of the time under constant change", () => {
      const { ran, pokes } = slow(39);
      pokes(250, 20);
      expect(ran.length).toBeGreaterThan(50);
      ran.slice(1).forEach(({ from }, i) => {
        const last = ran[i] ?? { from: 0, to: 0 };
        expect(from - last.to).toBeGreaterThanOrEqual(last.to - last.from);
      });
    });

    it("rests no longer than the maximum", () => {
      const { clock, ran, task } = slow(700);
      task.poke();
      clock.advance(5);
      task.poke();
      clock.advance(1_000);
      expect(ran.map(({ from }) => from)).toEqual([5, 805]);
    });

    it("does not make a change wait that comes later", () => {
      const { clock, ran, task } = slow(40);
      task.poke();
      clock.advance(1_000);
      task.poke();
      clock.advance(1_000);
      expect(ran.map(({ from }) => from)).toEqual([5, 1_005]);
    });

    it("rests as well after a call that comes while it runs", () => {
      const clock = new FakeClock();
      const ranAt: number[] = [];
      const task = coalesce(clock, { quietMs: 5, maxMs: 100 }, () => {
        ranAt.push(clock.monotonicMs());
        clock.spend(30);
        if (ranAt.length < 2) task.poke();
      });
      task.poke();
      clock.advance(1_000);
      expect(ranAt).toEqual([5, 65]);
    });
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
