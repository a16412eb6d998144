import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Resource } from "../../../src/snapshot/resource.ts";
import { SetDigest } from "../../../src/snapshot/set-digest.ts";
import { EDS, resource } from "../xds/driver.ts";

describe("the version of a set of resources", () => {
  it("is after any changes that of a set made at once", () => {
    const name = fc.integer({ min: 0, max: 700 }).map((index) => `svc-${index}`);
    const text = fc.option(fc.constantFrom("1", "2"), { nil: undefined });
    fc.assert(
      fc.property(fc.array(fc.tuple(name, text), { maxLength: 300 }), (steps) => {
        const present = new Map<string, Resource>();
        const lookup = (each: string): Resource | undefined => present.get(each);
        const kept = new SetDigest([], lookup);
        for (const [index, [each, content]] of steps.entries()) {
          if (content === undefined) present.delete(each);
          else present.set(each, resource(EDS, each, content));
          kept.touch(each);
          if (index % 50 === 0) kept.value();
        }
        expect(kept.value()).toBe(new SetDigest([...present.keys()].toReversed(), lookup).value());
      }),
      { numRuns: 50 },
    );
  });

  it("tells a change of one among many, and the same again", () => {
    const names = Array.from({ length: 2_000 }, (_, index) => `svc-${index}`);
    const present = new Map(names.map((name) => [name, resource(EDS, name, "1")]));
    const digest = new SetDigest(names, (name) => present.get(name));
    const before = digest.value();
    present.set("svc-7", resource(EDS, "svc-7", "2"));
    digest.touch("svc-7");
    expect(digest.value()).not.toBe(before);
    present.set("svc-7", resource(EDS, "svc-7", "1"));
    digest.touch("svc-7");
    expect(digest.value()).toBe(before);
  });
});
