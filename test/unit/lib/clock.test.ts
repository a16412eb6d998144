import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { systemClock } from "../../../src/lib/clock.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

const dayMs = 86_400_000;

it("a task that is due after the longest timer of node's runs at its time", () => {
  const task = vi.fn();
  systemClock.after(60 * dayMs, task);
  vi.advanceTimersByTime(60 * dayMs - 1);
  expect(task).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(task).toHaveBeenCalledOnce();
});

it("one that is due after an infinite time never runs", () => {
  const task = vi.fn();
  systemClock.after(Number.POSITIVE_INFINITY, task);
  vi.advanceTimersByTime(100 * dayMs);
  expect(task).not.toHaveBeenCalled();
});

it("each of them is cancelled, however often its timer was set anew", () => {
  const task = vi.fn();
  const cancel = systemClock.after(60 * dayMs, task);
  vi.advanceTimersByTime(55 * dayMs);
  cancel();
  expect(vi.getTimerCount()).toBe(0);
});
