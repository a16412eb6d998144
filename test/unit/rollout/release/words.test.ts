import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import {
  clipped,
  durationText,
  namesText,
  timeText,
} from "../../../../src/rollout/release/words.ts";
import { ReleaseStore, rolloutOf, setWeight } from "../../../support/releases.ts";

describe("words", () => {
  it.each([
    [0, "0ms"],
    [-5, "0ms"],
    [250, "250ms"],
    [1_000, "1s"],
    [90_000, "1m30s"],
    [600_000, "10m"],
    [5_400_000, "1h30m"],
    [90_061_000, "25h1m1s"],
    [3_600_000, "1h"],
  ])("a duration of %d ms is %s", (ms, text) => {
    expect(durationText(ms)).toBe(text);
  });

  it("a time is in UTC, and no time is a throw", () => {
    expect(timeText(Date.UTC(2026, 10, 30, 17, 20))).toBe("2026-11-30T17:20:00Z");
    expect(timeText(Number.MAX_VALUE)).toBe("a time without a date");
    expect(timeText(Number.NaN)).toBe("a time without a date");
  });

  it("names are a few, and a count", () => {
    const names = Array.from({ length: limits.rollout.listedNames + 2 }, (_, i) => `n${i}`);
    expect(namesText(names.slice(2))).toBe(names.slice(2).join(", "));
    expect(namesText(names)).toMatch(/ and 2 more$/);
  });

  it("a sentence is one line of whole characters", () => {
    expect(clipped(" a\n\tb\u0000c ")).toBe("a bc");
    expect(clipped("\ud800 half")).toBe("� half");
    const long = clipped("😀".repeat(limits.rollout.messageChars));
    expect(long).toHaveLength(limits.rollout.messageChars);
    expect(long).not.toMatch(/\p{Cs}/u);
  });

  it("and fits the status, however long the evidence is", () => {
    const store = new ReleaseStore(rolloutOf([setWeight(5)]));
    store.known = { latch: { atMs: 1, guard: "http-5xx", evidence: "\u{1f600}x ".repeat(5_000) } };
    store.settle();
    expect(store.status?.message).toHaveLength(limits.rollout.messageChars);
  });
});
