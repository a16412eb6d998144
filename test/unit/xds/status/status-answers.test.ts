import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { EndReason } from "../../../../src/xds/end-reason.ts";
import { StatusAnswers } from "../../../../src/xds/status/status-answers.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

/** An answer of so many parts, each of which takes a millisecond. */
function* slow(clock: FakeClock, parts: number, log: string[], name: string) {
  for (let part = 0; part < parts; part += 1) {
    clock.advance(1);
    log.push(name);
    yield;
  }
  return Uint8Array.of(parts);
}

const { statusTurnMs } = limits.xds;

describe("answers to requests for status", () => {
  it("are made a little in each turn, one after the other", async () => {
    const clock = new FakeClock();
    const answers = new StatusAnswers(clock);
    const log: string[] = [];
    const done: string[] = [];
    answers.make(slow(clock, 2 * statusTurnMs, log, "a"), () => done.push("a"));
    answers.make(slow(clock, 1, log, "b"), () => done.push("b"));
    const perTurn: number[] = [];
    while (done.length < 2) {
      const before = log.length;
      await nextTurn();
      perTurn.push(log.length - before);
      expect(perTurn.length).toBeLessThan(10);
    }
    expect(perTurn.slice(0, 2)).toEqual([statusTurnMs, statusTurnMs]);
    expect(Math.max(...perTurn)).toBe(statusTurnMs);
    expect(log.join("")).toBe(`${"a".repeat(2 * statusTurnMs)}b`);
    expect(done).toEqual(["a", "b"]);
  });

  it("that nobody waits for any more are left", async () => {
    const clock = new FakeClock();
    const answers = new StatusAnswers(clock);
    const log: string[] = [];
    const cancel = answers.make(slow(clock, 100, log, "a"), () => log.push("done"));
    await nextTurn();
    cancel();
    await nextTurn();
    await nextTurn();
    expect(log.join("")).toBe("a".repeat(statusTurnMs));
  });

  it("that fail end their call, and no other", async () => {
    const clock = new FakeClock();
    const answers = new StatusAnswers(clock);
    const bug = new Error("planted");
    const done: (Uint8Array | EndReason)[] = [];
    const failing = (function* () {
      yield;
      throw bug;
    })();
    answers.make(failing, (answer) => done.push(answer));
    answers.make(slow(clock, 1, [], "b"), (answer) => done.push(answer));
    await nextTurn();
    await nextTurn();
    expect(done).toMatchObject([{ code: "internal", bug }, Uint8Array.of(1)]);
  });
});
