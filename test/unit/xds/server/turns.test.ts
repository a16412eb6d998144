import { setImmediate as nextRound } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { Turns } from "../../../../src/xds/server/turns.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

describe("Turns", () => {
  it("runs what waits in order, as much in one turn as fits its time", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, 10);
    const ran: number[] = [];
    for (let n = 0; n < 8; n++) {
      turns.later(() =>
        turns.spend(() => {
          ran.push(n);
          clock.spend(4);
        }),
      );
    }
    const perTurn: number[][] = [];
    while (ran.length < 8) {
      const before = ran.length;
      await nextRound();
      perTurn.push(ran.slice(before));
    }
    expect(perTurn).toEqual([
      [0, 1, 2],
      [3, 4, 5],
      [6, 7],
    ]);
  });

  it("is over for those who come late, and numbers rise", async () => {
    const clock = new FakeClock();
    const turns = new Turns(clock, 10);
    const first = turns.number;
    expect(turns.over).toBe(false);
    turns.spend(() => clock.spend(10));
    expect(turns.over).toBe(true);
    await nextRound();
    expect(turns.number).toBe(first + 1);
    expect(turns.over).toBe(false);
  });
});
