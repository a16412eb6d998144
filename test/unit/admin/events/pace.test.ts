import { describe, expect, it } from "vitest";
import { Pace } from "../../../../src/admin/events/pace.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

function paced(task: (pace: Pace) => boolean = () => true) {
  const clock = new FakeClock();
  const runs: number[] = [];
  const pace: Pace = new Pace(clock, 1_000, () => {
    runs.push(clock.monotonicMs());
    return task(pace);
  });
  return { clock, runs, pace };
}

describe("Pace", () => {
  it("runs soon after the first poke, and not again before its time", () => {
    const { clock, runs, pace } = paced();
    pace.poke();
    pace.poke();
    clock.advance(100);
    expect(runs).toEqual([20]);
    pace.poke();
    clock.advance(10_000);
    expect(runs).toEqual([20, 1_020]);
    expect(clock.pending).toBe(0);
  });

  it("goes on in the next turn where it is not done", () => {
    let left = 3;
    const { clock, runs, pace } = paced(() => --left === 0);
    pace.poke();
    clock.advance(20);
    expect(runs).toEqual([20, 20, 20]);
  });

  it("rests for long after what took long", () => {
    const { clock, runs, pace } = paced(() => {
      clock.spend(100);
      return true;
    });
    pace.poke();
    clock.advance(20);
    pace.poke();
    clock.advance(10_000);
    expect(runs).toEqual([20, 2_120]);
  });

  it("keeps its time where the task pokes it itself", () => {
    let again = true;
    const { clock, runs, pace } = paced((self) => {
      if (again) self.poke();
      again = false;
      return true;
    });
    pace.poke();
    clock.advance(5_000);
    expect(runs).toEqual([20, 1_020]);
  });

  it("forgets what was to come", () => {
    const { clock, runs, pace } = paced();
    pace.poke();
    pace.cancel();
    clock.advance(5_000);
    expect(runs).toEqual([]);
  });
});
