import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { PendingAlert } from "../../../../src/rollout/alert/message.ts";
import { AlertOutbox } from "../../../../src/rollout/alert/outbox.ts";
import { alertWrite, outboxPrefix } from "../../../../src/rollout/alert/outbox-entry.ts";
import type { Term } from "../../../../src/rollout/leader.ts";
import { MemoryStore } from "../../../../src/store/memory.ts";
import type { Write } from "../../../../src/store/store.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { type FaultyStore, faultyStore } from "../../../support/faulty-store.ts";
import { pass, settled } from "../../../support/settle.ts";
import { put, value } from "../../store/contract.ts";
import { alertFor } from "./alerts.ts";

let clock: FakeClock;
let memory: MemoryStore;
let faulty: FaultyStore;
let term: Term | undefined;
let told: string[];
let received: string[];
let status: number;
/** Hosts that refuse everything. */
let dead: Set<string>;
let open: AlertOutbox[];

beforeEach(() => {
  clock = new FakeClock();
  memory = new MemoryStore();
  faulty = faultyStore(memory);
  term = { key: "status/controller", modRevision: 1n };
  [told, received, open] = [[], [], []];
  status = 200;
  dead = new Set();
});

afterEach(async () => {
  await Promise.all(open.map((outbox) => outbox.close()));
});

function outbox(leads: () => Term | undefined = () => term): AlertOutbox {
  const made = new AlertOutbox({
    store: faulty.store,
    leader: { term: leads },
    env: {},
    clock,
    random: () => 0,
    fetch: async (url, init) => {
      received.push((JSON.parse(String(init?.body)) as { readonly id: string }).id);
      return new Response("", { status: dead.has(new URL(String(url)).host) ? 503 : status });
    },
    observer: {
      delivered: ({ id }) => told.push(`${id} delivered`),
      failed: ({ id }) => told.push(`${id} failed`),
      givenUp: ({ id }) => told.push(`${id} given up`),
      dropped: ({ id }) => told.push(`${id} dropped`),
      broken: (key) => told.push(`${key} broken`),
    },
  });
  open.push(made);
  return made;
}

const alert = (id: string, atMs = clock.wallMs()): PendingAlert => ({
  ...alertFor("generic"),
  id,
  atMs,
});

const write = async (...writes: Write[]) => value(await memory.transact({ compare: [], writes }));

const left = async () =>
  [...value(await memory.list(outboxPrefix)).entries.keys()].map((key) =>
    key.slice(outboxPrefix.length),
  );

describe("the outbox", () => {
  it("is emptied by the leader", async () => {
    const box = outbox();
    await write(alertWrite(alert("a")), alertWrite(alert("b")));
    box.poke();
    await settled();
    expect(received.sort()).toEqual(["a", "b"]);
    expect(await left()).toEqual([]);
  });

  it("is left alone by all others, until one of them leads", async () => {
    term = undefined;
    const box = outbox();
    await write(alertWrite(alert("a")));
    box.poke();
    await settled();
    expect(received).toEqual([]);
    term = { key: "status/controller", modRevision: 2n };
    box.poke();
    await settled();
    expect(received).toEqual(["a"]);
  });

  it("is left to the next leader by one that leads no longer, and taken up when it leads again", async () => {
    status = 500;
    const box = outbox();
    await write(alertWrite(alert("a")));
    box.poke();
    await settled();
    expect(received).toEqual(["a"]);
    const before = term;
    term = undefined;
    status = 200;
    await pass(clock, limits.alerts.backoffMaxMs, 1_000);
    expect(received).toEqual(["a"]);
    term = before;
    box.poke();
    await settled();
    expect(received).toEqual(["a", "a"]);
    expect(await left()).toEqual([]);
  });

  it("is looked at now and then, in case nobody says anything", async () => {
    outbox();
    await write(alertWrite(alert("a")));
    await pass(clock, limits.alerts.sweepMs, 1_000);
    expect(received).toEqual(["a"]);
  });

  it("keeps an alert until it has arrived", async () => {
    status = 500;
    const box = outbox();
    await write(alertWrite(alert("a")));
    box.poke();
    await settled();
    expect(await left()).toEqual(["a"]);
    status = 200;
    await pass(clock, limits.alerts.backoffMinMs);
    expect(told).toEqual(["a failed", "a delivered"]);
    expect(await left()).toEqual([]);
  });

  it("keeps an alert for the next leader when this one ends in between", async () => {
    status = 500;
    const first = outbox();
    await write(alertWrite(alert("a")));
    first.poke();
    await settled();
    await first.close();
    status = 200;
    const second = outbox();
    second.poke();
    await settled();
    expect(received).toEqual(["a", "a"]);
    expect(await left()).toEqual([]);
  });

  it("does not send again what it could not delete", async () => {
    const box = outbox();
    await write(alertWrite(alert("a")));
    faulty.faults.push("undoneUnanswered");
    box.poke();
    await settled();
    expect(await left()).toEqual(["a"]);
    box.poke();
    await settled();
    expect(received).toEqual(["a"]);
    expect(await left()).toEqual([]);
  });

  it("lets go of what is too old", async () => {
    status = 500;
    const box = outbox();
    await write(alertWrite(alert("a", clock.wallMs() - limits.alerts.giveUpMs - 1)));
    box.poke();
    await settled();
    expect(told).toEqual(["a given up"]);
    expect(await left()).toEqual([]);
  });

  it("is empty for all others while a receiver is dead, whose alerts are bounded and told of", async () => {
    const { queuedPerReceiver: most, sweepMs } = limits.alerts;
    const url = "https://dead.example/";
    dead.add("dead.example");
    const box = outbox();
    for (let i = 0; i < 256; i++) {
      const id = `dead-${String(i).padStart(3, "0")}`;
      await write(alertWrite({ ...alertFor("generic", { url }), id, atMs: clock.wallMs() + i }));
    }
    await write(alertWrite(alert("b", clock.wallMs() + 999)));
    box.poke();
    await settled();
    expect(told).toContain("b delivered");
    await pass(clock, sweepMs, 1_000);
    await settled(2_000);
    const dropped = told.filter((each) => each.endsWith(" dropped"));
    expect(new Set(dropped).size).toBe(dropped.length);
    expect(box.lost("web")).toBe(dropped.length);
    // Those that wait, and one that was under way.
    expect((await left()).length).toBeLessThanOrEqual(most + 1);
    expect((await left()).at(-1)).toBe("dead-255");
    dead.clear();
    await pass(clock, limits.alerts.backoffMaxMs, 1_000);
    await settled(2_000);
    expect(await left()).toEqual([]);
  });

  it("delivers a burst to one receiver that is well, all of it", async () => {
    const box = outbox();
    const ids = Array.from({ length: 3 * limits.alerts.queuedPerReceiver }, (_, i) => `a${i}`);
    await write(...ids.slice(0, 100).map((id) => alertWrite(alert(id))));
    await write(...ids.slice(100, 200).map((id) => alertWrite(alert(id))));
    await write(...ids.slice(200).map((id) => alertWrite(alert(id))));
    box.poke();
    await settled(5_000);
    expect(received.toSorted()).toEqual(ids.toSorted());
    expect(told.every((each) => each.endsWith(" delivered"))).toBe(true);
    expect(await left()).toEqual([]);
  });

  it("tells once of what is no alert, and leaves it", async () => {
    const box = outbox();
    await write(put(`${outboxPrefix}x`, "{}"));
    box.poke();
    await settled();
    box.poke();
    await settled();
    expect(told).toEqual([`${outboxPrefix}x broken`]);
    expect(await left()).toEqual(["x"]);
  });

  it("has room for what comes while it looks", async () => {
    const box = outbox();
    await write(alertWrite(alert("a")));
    box.poke();
    await write(alertWrite(alert("b")));
    box.poke();
    await settled();
    expect(received.sort()).toEqual(["a", "b"]);
  });

  it("rests when it is closed", async () => {
    const box = outbox();
    await box.close();
    await write(alertWrite(alert("a")));
    box.poke();
    await pass(clock, 2 * limits.alerts.sweepMs, 1_000);
    expect(received).toEqual([]);
    expect(clock.pending).toBe(0);
  });
});
