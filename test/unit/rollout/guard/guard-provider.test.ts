import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { err, ok, type Result } from "../../../../src/lib/result.ts";
import type { Measurement, Provider } from "../../../../src/observe/provider.ts";
import { encodeGuardStatus } from "../../../../src/store/decode/status-codec.ts";
import { noLatches } from "../../../../src/store/guard-status.ts";
import { pass, settled } from "../../../support/settle.ts";
import { put } from "../../store/contract.ts";
import { guard, ruleOf } from "../judge/rules.ts";
import { seen, subset, type World, world } from "./guard-world.ts";

const { lookMs } = limits.rollout;
const query = { kind: "prometheus", address: "http://127.0.0.1:9090", query: "x" } as const;
const asking = guard({
  name: "slow",
  provider: query,
  failureCondition: ruleOf("result > 1"),
  subset: subset("v2"),
});

type Answer = Result<Measurement, string>;
const figure = (value: number, ageMs = 0): Answer => ok({ value, atMs: 0, ageMs });

/** Answers when the test says so. */
class Scripted implements Provider {
  readonly asked: AbortSignal[] = [];
  #answer: (answer: Answer) => void = () => undefined;

  measure(_: unknown, signal: AbortSignal): Promise<Answer> {
    this.asked.push(signal);
    return new Promise((resolve) => {
      this.#answer = resolve;
      signal.addEventListener("abort", () => resolve(err("the question was given up")));
    });
  }

  async answer(answer: Answer): Promise<void> {
    this.#answer(answer);
    await settled();
  }
}

let provider: Scripted;
let to: World;
afterEach(() => to.looks.close());

async function start(guards = [asking], subsets: [string, ...string[]] = ["v1", "v2"]) {
  provider = new Scripted();
  to = await world({ guards, subsets, provider });
}

describe("a guard that asks another provider", () => {
  it("trips by its figure, with the figure as evidence", async () => {
    await start();
    await pass(to.clock, lookMs);
    await provider.answer(figure(2.5, 3_000));
    expect(await to.latched()).toEqual(["v2"]);
    expect(to.told.tripped[0]?.reason).toContain("2.5");
  });

  it.each<[string, Answer, string]>([
    ["has no answer", err("prometheus refuses: 503"), "v2: no data, prometheus refuses: 503"],
    ["has an old one", figure(9, 90_000), "v2: stale, the newest value is 90 s old"],
  ])("holds where it %s, and says so", async (_, answer, reason) => {
    await start();
    await pass(to.clock, lookMs);
    await provider.answer(answer);
    expect(to.verdicts()).toEqual(["slow v2 hold"]);
    expect(to.reason()).toBe(reason);
    expect(to.faulty.asked).toEqual([]);
  });

  it("asks once at a time, however long it takes, and at its interval", async () => {
    await start();
    await pass(to.clock, 60_000, lookMs);
    expect(provider.asked).toHaveLength(1);
    await provider.answer(figure(0));
    expect(to.verdicts()).toEqual(["slow v2 pass"]);
    await pass(to.clock, asking.intervalMs);
    expect(provider.asked).toHaveLength(2);
  });

  it("gives up what it asked at the end: nothing is written, and nothing is left over", async () => {
    await start();
    await pass(to.clock, lookMs);
    await to.looks.close();
    expect(provider.asked.map(({ aborted }) => aborted)).toEqual([true]);
    expect(to.clock.pending).toBe(0);
    await provider.answer(figure(9));
    expect(to.faulty.asked).toEqual([]);
    expect(to.verdicts()).toEqual([]);
  });

  it("acts on the weights as they are when the answer comes", async () => {
    await start();
    await pass(to.clock, lookMs);
    await to.write(put("weights/web", '{"v1":40,"v2":60}'));
    const weights = [40, 60].map((weight, i) => ({ subset: subset(`v${i + 1}`), weight }));
    to.services = to.services.map((each) => ({ ...each, weights }));
    await provider.answer(figure(9));
    expect(await to.weights()).toEqual({ v1: 40, v2: 0 });
  });

  it("leaves the latch alone that another guard wrote meanwhile", async () => {
    const other = guard({ subset: subset("v3") });
    await start([asking, other], ["v1", "v2", "v3"]);
    await pass(to.clock, lookMs);
    to.signals.set(...seen("v3", 300, 1_000));
    await pass(to.clock, lookMs);
    expect(await to.latched()).toEqual(["v3"]);
    await provider.answer(figure(9));
    expect(await to.latched()).toEqual(["v2", "v3"]);
  });

  it("does not act on what was measured before a retry", async () => {
    await start();
    await pass(to.clock, lookMs);
    const retried = new Map([[subset("v2"), to.clock.wallMs()]]);
    const status = encodeGuardStatus({ ...noLatches, retried });
    await to.write(put("status/guards/web", Buffer.from(status).toString()));
    await provider.answer(figure(9));
    expect(to.faulty.asked).toEqual([]);
  });

  const retriedAt = (atMs: number) => {
    const status = encodeGuardStatus({ ...noLatches, retried: new Map([[subset("v2"), atMs]]) });
    return put("status/guards/web", Buffer.from(status).toString());
  };

  it("asks nothing after a retry until its figures can be of the time since", async () => {
    await start();
    await pass(to.clock, lookMs);
    await provider.answer(figure(0));
    const before = provider.asked.length;
    await to.write(retriedAt(to.clock.wallMs()));
    await pass(to.clock, asking.lookbackMs - lookMs, lookMs);
    expect(provider.asked).toHaveLength(before);
    expect(to.verdicts()).toEqual(["slow v2 hold"]);
    expect(to.reason()).toBe(
      "v2: brought back 118 s ago, and figures over 120 s know the time before",
    );
    await pass(to.clock, 2 * lookMs, lookMs);
    await provider.answer(figure(2));
    expect(await to.latched()).toEqual(["v2"]);
  });

  it("asks at once when it starts long after a retry", async () => {
    provider = new Scripted();
    to = await world({ guards: [asking], subsets: ["v1", "v2"], provider });
    await to.write(retriedAt(to.clock.wallMs() - asking.lookbackMs));
    await pass(to.clock, lookMs);
    expect(provider.asked).toHaveLength(1);
    await to.looks.close();
    // A clock that is ahead says nothing of how long ago it was.
    to = await world({ guards: [asking], subsets: ["v1", "v2"], provider });
    await to.write(retriedAt(to.clock.wallMs() + 3_600_000));
    await pass(to.clock, asking.lookbackMs, lookMs);
    expect(provider.asked).toHaveLength(1);
    await pass(to.clock, 2 * lookMs, lookMs);
    expect(provider.asked).toHaveLength(2);
  });

  it.each<[string, () => void]>([
    ["the service", () => void Object.assign(to, { services: [] })],
    [
      "its guard",
      () => void Object.assign(to, { services: to.services.map((x) => ({ ...x, guards: [] })) }),
    ],
  ])("does nothing when %s is gone by then", async (_, change) => {
    await start();
    await pass(to.clock, lookMs);
    change();
    await provider.answer(figure(9));
    expect(to.faulty.asked).toEqual([]);
  });
});
