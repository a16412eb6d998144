import { afterEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { outboxPrefix } from "../../../../src/rollout/alert/outbox-entry.ts";
import { leaderKey } from "../../../../src/rollout/leader.ts";
import { encodeGuardStatus } from "../../../../src/store/decode/status-codec.ts";
import { noLatches } from "../../../../src/store/guard-status.ts";
import { pass } from "../../../support/settle.ts";
import { put, remove, value } from "../../store/contract.ts";
import { guard, ruleOf } from "../judge/rules.ts";
import { seen, subset, type WorldOptions, world } from "./guard-world.ts";

const statusKey = "status/guards/web";
const { lookMs } = limits.rollout;
const { lateMs } = limits.load;

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function start(options: Partial<WorldOptions> = {}) {
  const made = await world({ guards: [guard()], ...options });
  closers.push(() => made.looks.close());
  return made;
}
type Started = Awaited<ReturnType<typeof start>>;

const fails = (to: Started, name = "v2"): void => void to.signals.set(...seen(name, 300, 1_000));

const history = async ({ memory }: Started) =>
  [...value(await memory.list("history/web/")).entries.values()].map(({ value: bytes }) =>
    JSON.parse(Buffer.from(bytes).toString()),
  );

const retriedAt = (atMs: number) =>
  put(
    statusKey,
    Buffer.from(
      encodeGuardStatus({ ...noLatches, retried: new Map([[subset("v2"), atMs]]) }),
    ).toString(),
  );

describe("looks at a version", () => {
  it("hold and say why, and nothing is written", async () => {
    const to = await start();
    await pass(to.clock, lookMs);
    expect(to.verdicts()).toEqual(["http-5xx v2 hold"]);
    expect(to.reason()).toBe("v2: no data, no proxy reports");
    to.signals.set(...seen("v2", 3, 9));
    await pass(to.clock, lookMs);
    expect(to.reason()).toMatch(/^v2: too little data, 9 of the 20 requests needed/);
    to.signals.set(...seen("v2", 3, 1_000));
    await pass(to.clock, lookMs);
    expect(to.verdicts()).toEqual(["http-5xx v2 pass"]);
    expect(to.faulty.asked).toEqual([]);
  });

  it("trip once: weight, latch, record and alerts are one act, with the evidence", async () => {
    const webhook = { url: "http://127.0.0.1/", format: "generic", secretEnv: undefined } as const;
    const alerts = [{ severity: "error", webhook }] as const;
    const to = await start({
      guards: [guard({ onFailure: { setWeight: 0, latch: true, alerts } })],
    });
    fails(to);
    await pass(to.clock, 20_000);
    expect(await to.weights()).toEqual({ v1: 90, v2: 0 });
    expect(await to.latched()).toEqual(["v2"]);
    expect(to.told.tripped).toMatchObject([{ service: "web", subset: "v2", guard: "http-5xx" }]);
    expect(to.faulty.asked).toHaveLength(1);
    expect(await history(to)).toMatchObject([
      {
        by: "guard http-5xx",
        why: expect.stringMatching(/^v2: 300 of 1000 requests failed/),
        evidence: { subset: "v2", requests: 1_000, errors: 300, reporters: 1, ageMs: 1_000 },
      },
    ]);
    expect(value(await to.memory.list(outboxPrefix)).entries.size).toBe(1);
    expect(to.verdicts()).toEqual(["http-5xx v2 latched"]);
    expect(to.reason()).toMatch(/^v2: 300 of 1000 requests failed/);
    const revisions = [...value(await to.memory.list("")).entries.values()]
      .filter(({ key }) => key !== leaderKey)
      .map(({ modRevision }) => modRevision);
    expect(new Set(revisions).size).toBe(1);
  });

  it("of a version that is latched are not made", async () => {
    const to = await start();
    const latch = { atMs: 1, guard: "other", evidence: "it was slow" };
    const status = { ...noLatches, latched: new Map([[subset("v2"), latch]]) };
    await to.write(put(statusKey, Buffer.from(encodeGuardStatus(status)).toString()));
    fails(to);
    await pass(to.clock, 10_000);
    expect(to.asked).toEqual([]);
    expect(to.verdicts()).toEqual(["http-5xx v2 latched"]);
    expect(to.reason()).toBe("it was slow");
    expect(to.faulty.asked).toEqual([]);
  });

  it("trip again at the next tick when a person's edit won, by what that person wrote", async () => {
    const to = await start();
    const [web] = to.services;
    if (web === undefined) return expect.fail();
    fails(to);
    to.faulty.faults.push(async () => {
      await to.write(put("weights/web", '{"v1":50,"v2":50}'));
      const weights = ["v1", "v2"].map((name) => ({ subset: subset(name), weight: 50 }));
      to.services = [{ ...web, weights }];
    });
    await pass(to.clock, lookMs);
    expect(await to.weights()).toEqual({ v1: 50, v2: 50 });
    expect(await to.latched()).toEqual([]);
    await pass(to.clock, lookMs);
    expect(await to.weights()).toEqual({ v1: 50, v2: 0 });
    expect(await to.latched()).toEqual(["v2"]);
    expect(to.told.notTripped).toEqual([]);
  });

  it("trip when the store is back, and tell once why they could not", async () => {
    const to = await start();
    fails(to);
    to.faulty.away = true;
    await pass(to.clock, 5 * lookMs);
    expect(to.told).toMatchObject({ tripped: [], notTripped: ["the store is away"] });
    expect(to.verdicts()).toEqual(["http-5xx v2 fail"]);
    to.faulty.away = false;
    await pass(to.clock, lookMs);
    expect(await to.weights()).toEqual({ v1: 90, v2: 0 });
    expect(to.told.tripped).toHaveLength(1);
  });

  it.each(["doneUnanswered", "undoneUnanswered"] as const)(
    "act once where the answer was lost: %s",
    async (fault) => {
      const to = await start();
      fails(to);
      to.faulty.faults.push(fault);
      await pass(to.clock, 5 * lookMs);
      expect(await to.latched()).toEqual(["v2"]);
      expect(await history(to)).toHaveLength(1);
      expect(to.told.tripped).toHaveLength(1);
    },
  );

  it("write nothing where this replica does not lead, and say what they found", async () => {
    const to = await start({ leads: false });
    fails(to);
    await pass(to.clock, 10_000);
    expect(to.verdicts()).toEqual(["http-5xx v2 fail"]);
    expect(to.faulty.asked).toEqual([]);
    expect(to.told).toEqual({ tripped: [], notTripped: [], unreadable: [], deposed: [] });
  });

  it("trip at once when this replica comes to lead, with the failures that it has seen", async () => {
    const guards = [guard({ intervalMs: 60_000, failureLimit: 1, hardTrip: undefined })];
    const to = await start({ guards, leads: false });
    fails(to);
    await pass(to.clock, 130_000, lookMs);
    expect(to.verdicts()).toEqual(["http-5xx v2 fail"]);
    to.leads = true;
    await pass(to.clock, lookMs);
    expect(await to.latched()).toEqual(["v2"]);
  });

  it("tell the leader that another one leads, and write nothing", async () => {
    const to = await start();
    await to.write(put(leaderKey, "another one"));
    fails(to);
    await pass(to.clock, lookMs);
    expect(to.told.deposed).toHaveLength(1);
    expect(await to.weights()).toEqual({ v1: 90, v2: 10 });
  });

  it("do nothing while the status is broken, say so once, and go on when it is mended", async () => {
    const to = await start();
    await to.write(put(statusKey, "{"));
    fails(to);
    await pass(to.clock, 10_000);
    expect(to.told.unreadable).toHaveLength(1);
    expect(to.told.unreadable[0]).toMatch(/^status\/guards\/web: /);
    expect(await to.weights()).toEqual({ v1: 90, v2: 10 });
    await to.write(remove(statusKey));
    await pass(to.clock, lookMs);
    expect(await to.latched()).toEqual(["v2"]);
    await to.write(put(statusKey, "{"));
    await pass(to.clock, lookMs);
    expect(to.told.unreadable).toHaveLength(2);
  });

  it("act on two versions that fail at the same time, one right after the other", async () => {
    const minutely = { intervalMs: 60_000 };
    const guards = ["v2", "v3"].map((name) =>
      guard({ ...minutely, name: `of-${name}`, subset: subset(name) }),
    );
    const to = await start({ guards, subsets: ["v1", "v2", "v3"] });
    fails(to, "v2");
    fails(to, "v3");
    await pass(to.clock, lookMs);
    expect(await to.latched()).toEqual(["v2"]);
    await pass(to.clock, lookMs);
    expect(await to.latched()).toEqual(["v2", "v3"]);
  });

  it("are each guard's own, though two of one name watch one version", async () => {
    const never = guard({ failureCondition: ruleOf("result.requests > 1e9"), hardTrip: undefined });
    const to = await start({ guards: [never, guard()] });
    fails(to);
    await pass(to.clock, lookMs);
    expect(to.verdicts()).toHaveLength(2);
    expect(await to.latched()).toEqual(["v2"]);
  });

  it("fail in a row before a guard with a limit trips", async () => {
    const to = await start({ guards: [guard({ failureLimit: 2, hardTrip: undefined })] });
    fails(to);
    await pass(to.clock, lookMs + 4_000);
    expect(to.verdicts()).toEqual(["http-5xx v2 hold"]);
    expect(to.reason()).toContain("failing look 2 in a row, 2 may be");
    await pass(to.clock, 4_000);
    expect(await to.latched()).toEqual(["v2"]);
  });

  it("of what is guarded no longer are forgotten", async () => {
    const to = await start();
    fails(to);
    to.faulty.away = true;
    await pass(to.clock, lookMs);
    to.services = [];
    await pass(to.clock, lookMs);
    expect(to.verdicts()).toEqual([]);
  });

  it("leave nothing on the clock after the end", async () => {
    const to = await start();
    await pass(to.clock, lookMs);
    await to.looks.close();
    expect(to.clock.pending).toBe(0);
  });
});

describe("a version that was brought back", () => {
  const longest = (to: Started): number =>
    Math.max(...to.asked.splice(0).map(({ lookbackMs }) => lookbackMs));

  it("is looked at no further back than that", async () => {
    const to = await start();
    await pass(to.clock, lookMs);
    expect(longest(to)).toBe(120_000);
    await to.write(retriedAt(to.clock.wallMs()));
    await pass(to.clock, 30_000, lookMs);
    expect(longest(to)).toBe(30_000 - lookMs - lateMs);
    await pass(to.clock, 200_000, lookMs);
    expect(longest(to)).toBe(120_000);
  });

  it("is not taken out again by a report that comes later than what it tells of", async () => {
    const to = await start();
    await to.write(retriedAt(to.clock.wallMs()));
    fails(to);
    await pass(to.clock, 2 * lookMs);
    expect(to.verdicts()).toEqual(["http-5xx v2 hold"]);
    expect(to.reason()).toContain("what proxies report may be of the time before");
    expect(await to.latched()).toEqual([]);
    await pass(to.clock, lateMs);
    expect(await to.latched()).toEqual(["v2"]);
  });

  it.each([
    ["ahead", 86_400_000],
    ["behind", -86_400_000],
  ])(
    "is judged by this replica's clock, where the one of whoever said retry is %s",
    async (_, offMs) => {
      const to = await start();
      await pass(to.clock, lookMs);
      to.asked.splice(0);
      await to.write(retriedAt(to.clock.wallMs() + offMs));
      await pass(to.clock, 30_000, lookMs);
      expect(longest(to)).toBe(30_000 - lookMs - lateMs);
    },
  );

  it("counts at the earliest from its start to a replica that starts later, if the clock of it is ahead", async () => {
    for (const [offMs, backMs] of [
      [-60_000, 91_000 - lateMs],
      [86_400_000, 30_000 - lateMs],
    ] as const) {
      const to = await start();
      await to.write(retriedAt(to.clock.wallMs() + offMs));
      await pass(to.clock, 31_000, lookMs);
      expect(longest(to)).toBe(backMs);
    }
  });
});
