import { describe, expect, it } from "vitest";
import { AlertLog, type SeenAlert } from "../../../../src/rollout/alert/alert-log.ts";
import { alertWrite, outboxPrefix } from "../../../../src/rollout/alert/outbox-entry.ts";
import type { Entry } from "../../../../src/store/store.ts";
import { alertFor } from "./alerts.ts";

const alert = (id: string, atMs: number) => ({ ...alertFor("slack"), id, atMs });

function entryOf(id: string, atMs: number): Entry {
  const write = alertWrite(alert(id, atMs));
  if (write.kind !== "put") throw new Error("an alert is put");
  return { ...write, modRevision: 2n, createRevision: 2n };
}

const told = ({ alert, state }: SeenAlert): string => `${alert.id} ${state}`;

describe("AlertLog", () => {
  it("tells what waits, and takes what has gone for delivered", () => {
    const changes: string[] = [];
    const log = new AlertLog(10, (seen) => changes.push(told(seen)));
    log.put(entryOf("a", 1_000));
    log.put(entryOf("b", 2_000));
    expect(log.waitingCount("web")).toBe(2);
    log.gone(`${outboxPrefix}a`);
    log.gone(`${outboxPrefix}a`);
    expect(log.seen().map(told)).toEqual(["b waiting", "a delivered"]);
    expect(log.waiting("web").map(({ id }) => id)).toEqual(["b"]);
    expect(changes).toEqual(["a waiting", "b waiting", "a delivered"]);
  });

  it("remembers that this replica gave one up, before and after it is gone", () => {
    const log = new AlertLog(10, () => undefined);
    log.put(entryOf("a", 1_000));
    log.lost(alert("a", 1_000));
    log.gone(`${outboxPrefix}a`);
    expect(log.seen().map(told)).toEqual(["a lost"]);
    expect(log.waitingCount("web")).toBe(0);
  });

  it("forgets those that it saw first, and counts all that wait", () => {
    const log = new AlertLog(2, () => undefined);
    for (const [index, id] of ["a", "b", "c"].entries()) log.put(entryOf(id, index));
    expect(log.seen().map(told)).toEqual(["c waiting", "b waiting"]);
    expect(log.waitingCount("web")).toBe(3);
  });

  it("does not count one twice that is written again, nor what can be no alert", () => {
    const log = new AlertLog(2, () => undefined);
    log.put(entryOf("a", 1_000));
    log.put(entryOf("a", 1_000));
    log.put({ ...entryOf("b", 1_000), value: Buffer.from("{}") });
    expect(log.waitingCount("web")).toBe(1);
    log.put({ ...entryOf("a", 1_000), value: Buffer.from("{}") });
    expect(log.waitingCount("web")).toBe(0);
  });
});
