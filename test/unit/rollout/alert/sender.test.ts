import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { PendingAlert } from "../../../../src/rollout/alert/message.ts";
import { AlertSender } from "../../../../src/rollout/alert/sender.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { pass, settled } from "../../../support/settle.ts";
import { alertFor } from "./alerts.ts";

const { backoffMinMs, backoffMaxMs, concurrent, concurrentFailing, giveUpMs } = limits.alerts;
const { queuedPerReceiver, receivers, remembered } = limits.alerts;

let clock: FakeClock;
let sender: AlertSender;
let told: string[];
/** Ids in the order of their attempts. */
let attempts: string[];
/** What the receiver does with the next attempt; default: it takes it. */
let answer: (id: string, signal: AbortSignal) => Response | Promise<Response>;

beforeEach(() => {
  clock = new FakeClock();
  told = [];
  attempts = [];
  answer = () => new Response("");
  sender = new AlertSender({
    env: {},
    clock,
    random: () => 0.999,
    fetch: async (_url, init) => {
      const { id } = JSON.parse(String(init?.body)) as { readonly id: string };
      attempts.push(id);
      return answer(id, init?.signal ?? new AbortController().signal);
    },
    observer: {
      delivered: ({ id }) => told.push(`${id} delivered`),
      failed: ({ id }, why, attempt) => told.push(`${id} failed ${attempt}: ${why}`),
      givenUp: ({ id }, why) => told.push(`${id} given up: ${why}`),
      dropped: ({ id }) => told.push(`${id} dropped`),
    },
  });
});

afterEach(() => sender.close());

const alert = (id: string, parts: Partial<PendingAlert> = {}): PendingAlert => ({
  ...alertFor("generic"),
  id,
  atMs: clock.wallMs(),
  ...parts,
});

/** To a receiver of its own for each name. */
const alertTo = (receiver: string, id: string): PendingAlert =>
  alert(id, { webhook: alertFor("generic", { url: `https://${receiver}.example/` }).webhook });

const refusing = () => new Response("", { status: 503 });

/** Until it is given up. */
const hanging = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(new Error("aborted")));
  });

describe("the sender", () => {
  it("delivers once, however often the same alert is offered", async () => {
    expect(sender.offer(alert("a"))).toBe("taken");
    expect(sender.offer(alert("a"))).toBe("underWay");
    await settled();
    expect(sender.offer(alert("a"))).toBe("settled");
    await settled();
    expect(attempts).toEqual(["a"]);
    expect(told).toEqual(["a delivered"]);
    expect(clock.pending).toBe(0);
  });

  it("tries again, each time later, until it is taken", async () => {
    let refusals = 3;
    answer = () => (refusals-- > 0 ? refusing() : new Response(""));
    sender.offer(alert("a"));
    await settled();
    expect(told).toEqual(["a failed 1: status 503"]);
    // Full jitter: below the cap, which doubles.
    await pass(clock, 2 * backoffMinMs);
    expect(attempts).toHaveLength(2);
    await pass(clock, 4 * backoffMinMs);
    expect(attempts).toHaveLength(3);
    await pass(clock, 8 * backoffMinMs);
    expect(attempts).toHaveLength(4);
    expect(told.at(-1)).toBe("a delivered");
  });

  it("gives up what is too old, after one more attempt", async () => {
    answer = refusing;
    expect(sender.offer(alert("old", { atMs: clock.wallMs() - giveUpMs - 1 }))).toBe("taken");
    await settled();
    expect(told).toEqual(["old given up: status 503"]);
    sender.offer(alert("new"));
    await pass(clock, giveUpMs + 2 * backoffMaxMs, 1_000);
    expect(told.at(-1)).toBe("new given up: status 503");
    const most = giveUpMs / backoffMaxMs + 20;
    expect(attempts.length).toBeLessThan(most);
    expect(clock.pending).toBe(0);
  });

  it("has a few deliveries under way at the same time, one for each receiver", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = async (id) => {
      if (id.startsWith("slow")) await held;
      return new Response("");
    };
    for (let i = 0; i < 3; i++) sender.offer(alertTo("slow-0", `slow-0-${i}`));
    for (let i = 1; i < concurrent - 1; i++) sender.offer(alertTo(`slow-${i}`, `slow-${i}`));
    sender.offer(alertTo("quick", "quick-1"));
    sender.offer(alertTo("quick", "quick-2"));
    await settled();
    expect(told).toEqual(["quick-1 delivered", "quick-2 delivered"]);
    expect(attempts).not.toContain("slow-0-1");
    sender.offer(alertTo("slow-x", "slow-x"));
    sender.offer(alertTo("other", "waits"));
    await settled();
    expect(attempts).not.toContain("waits");
    release();
    await settled();
    expect(attempts).toContain("waits");
    expect(attempts.filter((id) => id.startsWith("slow-0"))).toEqual(
      [0, 1, 2].map((i) => `slow-0-${i}`),
    );
  });

  it("does not hold a place while it waits to try again", async () => {
    answer = (id) => (id === "good" ? new Response("") : refusing());
    for (let i = 0; i < concurrent; i++) sender.offer(alertTo(`bad-${i}`, `bad-${i}`));
    sender.offer(alertTo("good", "good"));
    await settled();
    expect(told.at(-1)).toBe("good delivered");
  });

  it("leaves room for others, however many receivers hang", async () => {
    answer = (id, signal) => (id.startsWith("good") ? new Response("") : hanging(signal));
    const dead = 5 * concurrent;
    for (let i = 0; i < dead; i++) sender.offer(alertTo(`dead-${i}`, `dead-${i}`));
    // Each has hung once.
    await pass(clock, 5 * limits.alerts.attemptMs, 100);
    expect(new Set(attempts).size).toBe(dead);
    for (let i = 0; i < 5; i++) {
      await pass(clock, limits.alerts.attemptMs, 100);
      sender.offer(alertTo(`good-${i}`, `good-${i}`));
      await settled();
      expect(told.at(-1)).toBe(`good-${i} delivered`);
    }
    expect(concurrentFailing).toBeLessThan(concurrent);
  });

  it("goes on behind an alert that alone is refused", async () => {
    answer = (id) => (id === "bad" ? refusing() : new Response(""));
    for (const id of ["bad", "a", "b"]) sender.offer(alert(id));
    await pass(clock, 2 * backoffMinMs);
    expect(told).toEqual([
      "bad failed 1: status 503",
      "a delivered",
      "b delivered",
      "bad failed 2: status 503",
    ]);
  });

  it("keeps so many for one receiver, the most severe and newest, and says which it drops", async () => {
    answer = refusing;
    sender.offer(alert("tried"));
    await settled();
    sender.offer(alert("error", { severity: "error" }));
    sender.offer(alert("first", { severity: "warn" }));
    sender.offer(alert("info", { severity: "info" }));
    for (let i = 4; i < queuedPerReceiver; i++) {
      expect(sender.offer(alert(`a${i}`, { severity: "warn", atMs: clock.wallMs() + i }))).toBe(
        "taken",
      );
    }
    const before = told.length;
    sender.offer(alert("x", { severity: "warn", atMs: clock.wallMs() + 99 }));
    sender.offer(alert("y", { severity: "warn", atMs: clock.wallMs() + 99 }));
    sender.offer(alert("z", { severity: "info" }));
    expect(told.slice(before)).toEqual(["info dropped", "first dropped", "z dropped"]);
    // The store may have it for a moment more.
    expect(sender.offer(alert("info", { severity: "info" }))).toBe("settled");
    expect(told).toHaveLength(before + 3);
  });

  it("drops nothing for a receiver that takes what it gets: what has no room is offered again", async () => {
    const offers = Array.from({ length: 3 * queuedPerReceiver }, (_, i) => alert(`a${i}`));
    const taken = offers.map((each) => sender.offer(each));
    // One is under way.
    expect(taken.filter((each) => each === "taken")).toHaveLength(queuedPerReceiver + 1);
    expect(taken.at(-1)).toBe("full");
    await settled(10 * queuedPerReceiver);
    for (const each of offers) sender.offer(each);
    await settled(10 * queuedPerReceiver);
    for (const each of offers) sender.offer(each);
    await settled(10 * queuedPerReceiver);
    expect(told).toEqual(offers.map(({ id }) => `${id} delivered`));
  });

  it("takes no more receivers than it may keep, and all others meanwhile", async () => {
    answer = refusing;
    for (let i = 0; i < receivers; i++) {
      expect(sender.offer(alertTo(`r${i}`, `a${i}`))).toBe("taken");
    }
    expect(sender.offer(alertTo("more", "more"))).toBe("full");
    expect(sender.offer(alertTo("r0", "second"))).toBe("taken");
    await settled(2 * receivers);
    answer = () => new Response("");
    await pass(clock, 2 * backoffMinMs, 100);
    expect(sender.offer(alertTo("more", "more"))).toBe("taken");
  });

  it("forgets what was delivered long ago", async () => {
    for (let i = 0; i <= remembered; i++) {
      sender.offer(alert(`a${i}`));
      await settled(3);
    }
    expect(told).toHaveLength(remembered + 1);
    expect(sender.offer(alert(`a${remembered}`))).toBe("settled");
    expect(sender.offer(alert("a0"))).toBe("taken");
  });

  it("says nothing of what it leaves undone when it is closed", async () => {
    answer = refusing;
    sender.offer(alert("a"));
    await settled();
    await sender.close();
    expect(clock.pending).toBe(0);
    expect(sender.offer(alert("b"))).toBe("full");
    await pass(clock, backoffMaxMs, 1_000);
    expect(attempts).toEqual(["a"]);
  });
});
