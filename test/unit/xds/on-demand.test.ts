import { describe, expect, it } from "vitest";
import { makeResource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import type { PushContent } from "../../../src/xds/push.ts";
import { nextPush, streamSent } from "../../../src/xds/stream-state.ts";
import { Driver, RDS } from "./driver.ts";

const VHDS = typeUrls.virtualHost;

function host(driver: Driver, name: string, ...aliases: readonly string[]): void {
  const made = makeResource({ typeUrl: VHDS, name, any: Buffer.from(name), aliases });
  driver.table(VHDS).write({ puts: [made], deletes: [] });
}

function route(driver: Driver, name: string, text = "1"): void {
  const any = Buffer.from(text);
  const made = makeResource({ typeUrl: RDS, name, any, vhds: true });
  driver.table(RDS).write({ puts: [made], deletes: [] });
}

let serial = 0;

/** Sends one response and has it ACKed: names with contents, without, and removed. */
function sent(driver: Driver): string | undefined {
  const next = nextPush(driver.state, (type) => driver.table(type), driver.nowMs);
  if (next.kind !== "push") return undefined;
  const content: PushContent = next.push.content();
  serial += 1;
  const by = { nonce: `s${serial}`, nowMs: driver.nowMs };
  driver.state = streamSent(next.state, next.typeUrl, next.push, content, by);
  driver.ask(next.typeUrl, { nonce: by.nonce });
  const names = (of: readonly { readonly name: string }[]): string =>
    of.map(({ name }) => name).toString();
  return `${names(content.resources)}|${names(content.bare ?? [])}|${content.removed}`;
}

function opened(): Driver {
  const driver = new Driver("delta");
  host(driver, "r/a", "r/alias.example");
  driver.ask(VHDS);
  expect(sent(driver)).toBe("r/a||");
  return driver;
}

describe("virtual hosts on demand", () => {
  it("are answered by alias, and by an alias without a host where there is none", () => {
    const driver = opened();
    driver.ask(VHDS, { names: ["r/alias.example", "r/unknown"] });
    expect(sent(driver)).toBe("r/a|r/unknown|");
    expect(sent(driver)).toBeUndefined();
    driver.ask(VHDS, { names: ["r/unknown"] });
    expect(sent(driver)).toBe("|r/unknown|");
  });

  it("do not add up", () => {
    const driver = opened();
    driver.ask(VHDS, { names: ["r/x", "r/y"] });
    sent(driver);
    expect(driver.type(VHDS)?.subscription.names.size).toBe(0);
    expect(driver.type(VHDS)?.asked.size).toBe(0);
  });

  it("come when they are there, and go when they are not", () => {
    const driver = opened();
    host(driver, "r/b");
    expect(sent(driver)).toBe("r/b||");
    driver.remove(VHDS, "r/a");
    expect(sent(driver)).toBe("||r/a");
    driver.ask(VHDS, { names: ["r/alias.example"] });
    expect(sent(driver)).toBe("|r/alias.example|");
  });

  it("are told of after a reconnect, without the names that lead nowhere", () => {
    const driver = new Driver("delta");
    host(driver, "r/a");
    driver.ask(VHDS, { names: ["*", "r/gone"], initial: { "r/gone": "", "r/old": "1" } });
    expect(sent(driver)).toBe("r/a||r/gone,r/old");
  });

  it("come after a route configuration that has them, and something comes if there are none", () => {
    const driver = new Driver("delta");
    route(driver, "r");
    driver.ask(VHDS);
    expect(sent(driver)).toBe("||r/none");
    host(driver, "q/c");
    expect(sent(driver)).toBe("q/c||");
    route(driver, "q");
    driver.ask(RDS, { names: ["q"] });
    expect(sent(driver)).toBe("q||");
    expect(sent(driver)).toBe("q/c||q/none");
  });
});
