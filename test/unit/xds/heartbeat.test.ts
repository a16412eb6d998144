import { describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import { makeResource } from "../../../src/snapshot/resource.ts";
import { View } from "../../../src/snapshot/view.ts";
import { HeartbeatTimers } from "../../../src/xds/heartbeat-timers.ts";
import { nextPush, streamSent } from "../../../src/xds/stream-state.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { CDS, Driver, LDS, RDS } from "./driver.ts";

type Variant = "delta" | "sotw";

function put(driver: Driver, type: typeof CDS, name: string, text: string, ttlMs?: number): void {
  const any = Buffer.from(`${name}=${text}`);
  const parts = { typeUrl: type, name, any };
  const made = makeResource(ttlMs === undefined ? parts : { ...parts, ttlMs });
  driver.table(type).write({ puts: [made], deletes: [] });
}

function opened(variant: Variant): Driver {
  const driver = new Driver(variant);
  put(driver, CDS, "kept", "1");
  put(driver, CDS, "short", "1", 3_000);
  driver.settle(CDS);
  return driver;
}

/** What is sent now: names with contents, and names without. */
function next(driver: Driver): string | undefined {
  const push = nextPush(driver.state, (type) => driver.table(type), driver.nowMs);
  if (push.kind !== "push") return undefined;
  const { resources, bare = [] } = push.push.content();
  const names = (of: readonly { readonly name: string }[]): string =>
    of.map(({ name }) => name).toString();
  return `${names(resources)}|${names(bare)}`;
}

function take(driver: Driver, nonce: string): void {
  const push = nextPush(driver.state, (type) => driver.table(type), driver.nowMs);
  if (push.kind !== "push") throw new Error("nothing is sent");
  const content = push.push.content();
  const by = { nonce, nowMs: driver.nowMs };
  driver.state = streamSent(push.state, push.typeUrl, push.push, content, by);
}

describe("a heartbeat", () => {
  it("in delta is of what has a ttl, without contents, once a beat", () => {
    const driver = opened("delta");
    expect(next(driver)).toBeUndefined();
    driver.table(CDS).beat(1);
    expect(next(driver)).toBe("|short");
    take(driver, "b1");
    driver.table(CDS).beat(1);
    expect(next(driver)).toBeUndefined();
    driver.ask(CDS, { nonce: "b1" });
    expect(next(driver)).toBe("|short");
  });

  it("in the state of the world is the whole response", () => {
    const driver = opened("sotw");
    driver.table(CDS).beat(1);
    expect(next(driver)).toBe("kept,short|");
  });

  it("in the state of the world is not for routes", () => {
    const driver = new Driver("sotw");
    put(driver, RDS, "r", "1", 3_000);
    driver.settle(RDS, ["r"]);
    driver.table(RDS).beat(1);
    expect(next(driver)).toBeUndefined();
  });

  it("that was missed brings the contents", () => {
    const driver = opened("delta");
    driver.table(CDS).beat(2);
    expect(next(driver)).toBe("short|");
  });

  it("comes after what is new", () => {
    const driver = opened("delta");
    put(driver, CDS, "kept", "2");
    driver.table(CDS).beat(1);
    expect(next(driver)).toBe("kept|");
  });

  it("is not of what was rejected, nor of what is not asked for, nor of other types", () => {
    const driver = opened("delta");
    driver.settle(LDS);
    put(driver, CDS, "short", "bad", 3_000);
    driver.answer(driver.one(), [], "no");
    driver.table(CDS).beat(1);
    driver.table(LDS).beat(1);
    expect(next(driver)).toBeUndefined();
  });

  it("of what has a ttl comes with a reconnect, though its version is known", () => {
    const driver = new Driver("delta");
    put(driver, CDS, "kept", "1");
    put(driver, CDS, "short", "1", 3_000);
    const initial = Object.fromEntries(
      [...driver.table(CDS).resources()].map(({ name, version }) => [name, version]),
    );
    driver.ask(CDS, { initial });
    expect(next(driver)).toBe("short|");
  });

  it("has another version where the ttl is another", () => {
    const driver = opened("delta");
    put(driver, CDS, "short", "1", 4_000);
    expect(next(driver)).toBe("short|");
  });
});

describe("the timers of heartbeats", () => {
  const beatsIn = (ms: number, ttlMs: number): number => {
    const clock = new FakeClock();
    const view = new View("v", { changeLogEntries: 9, milestones: 1 });
    const any = Buffer.from("a=1");
    const short = makeResource({ typeUrl: CDS, name: "a", any, ttlMs });
    view.update(1n, { puts: [short] }, 0);
    const timers = new HeartbeatTimers(clock, () => true);
    timers.watch(view);
    clock.advance(ms);
    timers.close();
    return view.table(CDS).beats;
  };

  it("go by the shortest ttl, and never faster than a bound", () => {
    expect(beatsIn(3_000, 3_000)).toBe(3);
    const most = 3_000 / limits.xds.beatMinMs;
    for (const ttlMs of [0.5, 0, -1, Number.NaN]) expect(beatsIn(3_000, ttlMs)).toBe(most);
    expect(beatsIn(3_000, 8e9)).toBe(0);
  });
});
