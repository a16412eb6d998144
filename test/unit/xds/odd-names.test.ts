import { describe, expect, it } from "vitest";
import type { TypeUrl } from "../../../src/snapshot/type-url.ts";
import { CDS, Driver } from "./driver.ts";

const odd = ["", "xdstp://authority/envoy.config.cluster.v3.Cluster/a?b=c", "a\0b", "|", "√"];

describe.each(["delta", "sotw"] as const)("odd names, %s", (variant) => {
  it.each(odd)("%j is a name like any other", (name) => {
    const driver = new Driver(variant);
    driver.put(CDS, "other", "1");
    driver.ask(CDS, { names: [name] });
    const missing = driver.one();
    expect(missing.resources).toEqual([]);
    expect(missing.removed).toEqual(variant === "delta" ? [name] : []);
    driver.answer(missing, variant === "sotw" ? [name] : []);
    driver.put(CDS, name, "1");
    expect(driver.one().resources).toEqual([`${name}=1`]);
  });

  it.each(["type.googleapis.com/no.Such", "%%%", "type.googleapis.com/", "\0"])(
    "the type %j has nothing, and harms no other",
    (type) => {
      const driver = new Driver(variant);
      driver.put(CDS, "a", "1");
      driver.ask(type as TypeUrl);
      expect(driver.one().resources).toEqual([]);
      expect(driver.settle(CDS).resources).toEqual(["a=1"]);
    },
  );
});
