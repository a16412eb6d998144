/** Words for each resource, along a stream of the pure steps. */
import { describe, expect, it } from "vitest";
import { resourceStatuses } from "../../../../src/xds/status/resource-status.ts";
import type { Variant } from "../../../../src/xds/stream-state.ts";
import { CDS, Driver, EDS } from "../driver.ts";

type Type = typeof CDS;

/** `name: SYNCED ACKED`, joined. */
function words(driver: Driver, type: Type): string {
  const state = driver.type(type);
  if (state === undefined) throw new Error("not subscribed");
  return [...resourceStatuses(state, driver.table(type))]
    .map(({ name, config, client }) => `${name}: ${config} ${client}`)
    .join(", ");
}

describe.each<Variant>(["sotw", "delta"])("status of resources, %s", (variant) => {
  /** A proxy that has accepted `a` and `b`. */
  function accepted(logLimit?: number): Driver {
    const driver = new Driver(variant, logLimit);
    driver.put(CDS, "a", "1");
    driver.put(CDS, "b", "1");
    driver.ask(CDS);
    const { nonce, version } = driver.one();
    driver.ask(CDS, { nonce, version });
    return driver;
  }

  it("goes from not sent over sent to accepted", () => {
    const driver = new Driver(variant);
    driver.put(CDS, "a", "1");
    driver.ask(CDS);
    expect(words(driver, CDS)).toBe("a: NOT_SENT REQUESTED");
    const { nonce, version } = driver.one();
    expect(words(driver, CDS)).toBe("a: STALE REQUESTED");
    driver.ask(CDS, { nonce, version });
    expect(words(driver, CDS)).toBe("a: SYNCED ACKED");
  });

  it("is stale where only an older one was accepted, and of what is new it is not sent", () => {
    const driver = accepted();
    driver.put(CDS, "a", "2");
    driver.put(CDS, "c", "1");
    expect(words(driver, CDS)).toBe("a: STALE ACKED, b: SYNCED ACKED, c: NOT_SENT REQUESTED");
    driver.one();
    expect(words(driver, CDS)).toBe("a: STALE ACKED, b: SYNCED ACKED, c: STALE REQUESTED");
  });

  it("is an error of what was rejected, until that is mended", () => {
    const driver = accepted();
    driver.put(CDS, "a", "bad");
    const { nonce } = driver.one();
    driver.ask(CDS, { nonce, error: "no" });
    expect(words(driver, CDS)).toBe("a: ERROR NACKED, b: SYNCED ACKED");
    driver.put(CDS, "a", "good");
    const { nonce: next, version } = driver.one();
    driver.ask(CDS, { nonce: next, version });
    expect(words(driver, CDS)).toBe("a: SYNCED ACKED, b: SYNCED ACKED");
  });

  it("is not synced where the log does not reach so far", () => {
    const driver = accepted(1);
    for (const text of ["2", "3", "4"]) driver.put(CDS, "a", text);
    expect(words(driver, CDS)).toBe("a: STALE UNKNOWN, b: STALE UNKNOWN");
  });

  it("tells names that are not there, and all names where there is no content yet", () => {
    const driver = new Driver(variant);
    driver.put(EDS, "a", "1");
    driver.ask(EDS, { names: ["a", "nowhere"] });
    const { nonce, version } = driver.one();
    const names = variant === "sotw" ? ["a", "nowhere"] : [];
    driver.ask(EDS, { names, nonce, version });
    expect(words(driver, EDS)).toBe("a: SYNCED ACKED, nowhere: NOT_SENT DOES_NOT_EXIST");
    const state = driver.type(EDS);
    const unknown = state && [...resourceStatuses(state, undefined)];
    expect(unknown?.map(({ config, client }) => `${config} ${client}`)).toEqual([
      "NOT_SENT REQUESTED",
      "NOT_SENT REQUESTED",
    ]);
  });
});
