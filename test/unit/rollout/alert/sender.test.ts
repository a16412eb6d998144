import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { PendingAlert } from "../../../../src/rollout/alert/message.ts";
import { AlertSender } from "../../../../src/rollout/alert/sender.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { pass, settled } from "../../../support/settle.ts";
import { alertFor } from "./alerts.ts";

const { backoffMinMs, backoffMaxMs, concurrent, giveUpMs, queued, remembered } = limits.alerts;

let clock: FakeClock;
let sender: AlertSender;
let told: string[];
/** Ids in the order of their attempts. */
let attempts: string[];
/** What the receiver does with the next attempt; default: it takes it. */
let answer: (id: string) => Response | Promise<Response>;

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
      return answer(id);
    },
    observer: {
      delivered: ({ id }) => told.push(`${id} delivered`),
      failed: ({ id }, why, attempt) => told.push(`${id} failed ${attempt}: ${why}`),
      givenUp: ({ id }, why) => told.push(`${id} given up: ${why}`),
    },
  });
});

afterEach(() => sender.close());

const alert = (id: string, atMs = clock.wallMs()): PendingAlert => ({
  ...alertFor("generic"),
  id,
  atMs,
});

const refusing = () => new Response("", { status: 503 });

describe("the sender", () => {
  it("delivers once, however often the same alert is offered", async () => {
    expect(sender.offer(alert("a"))).toBe("taken");
    expect(sender.offer(alert("a"))).toBe("underWay");
    await settled();
    expect(sender.offer(alert("a"))).toBe("delivered");
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
    expect(sender.offer(alert("old", clock.wallMs() - giveUpMs - 1))).toBe("taken");
    await settled();
    expect(told).toEqual(["old given up: status 503"]);
    sender.offer(alert("new"));
    await pass(clock, giveUpMs + 2 * backoffMaxMs, 1_000);
    expect(told.at(-1)).toBe("new given up: status 503");
    const most = giveUpMs / backoffMaxMs + 20;
    expect(attempts.length).toBeLessThan(most);
    expect(clock.pending).toBe(0);
  });

  it("has a few deliveries under way at the same time, and a slow receiver holds up no other", async () => {
    let release: () => void = () => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = async (id) => {
      if (id.startsWith("slow")) await held;
      return new Response("");
    };
    for (let i = 0; i < concurrent - 1; i++) sender.offer(alert(`slow-${i}`));
    sender.offer(alert("quick-1"));
    sender.offer(alert("quick-2"));
    await settled();
    expect(told).toEqual(["quick-1 delivered", "quick-2 delivered"]);
    sender.offer(alert("slow-x"));
    sender.offer(alert("waits"));
    await settled();
    expect(attempts).not.toContain("waits");
    release();
    await settled();
    expect(attempts).toContain("waits");
  });

  it("does not hold a place while it waits to try again", async () => {
    answer = (id) => (id === "good" ? new Response("") : refusing());
    for (let i = 0; i < concurrent; i++) sender.offer(alert(`bad-${i}`));
    sender.offer(alert("good"));
    await settled();
    expect(told.at(-1)).toBe("good delivered");
  });

  it("takes no more than it may keep", async () => {
    answer = refusing;
    for (let i = 0; i < queued; i++) expect(sender.offer(alert(`a${i}`))).toBe("taken");
    expect(sender.offer(alert("more"))).toBe("full");
  });

  it("forgets what was delivered long ago", async () => {
    for (let i = 0; i <= remembered; i++) {
      sender.offer(alert(`a${i}`));
      await settled(3);
    }
    expect(told).toHaveLength(remembered + 1);
    expect(sender.offer(alert(`a${remembered}`))).toBe("delivered");
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
