import { expect, it } from "vitest";
import type { Resource } from "../../../src/snapshot/resource.ts";
import { SetDigests } from "../../../src/snapshot/set-digests.ts";
import { CDS, resource } from "./resources.ts";

it("keeps the digests of the newest sets, and those are as of now", () => {
  const resources = new Map<string, Resource>();
  const looked: string[] = [];
  const digests = new SetDigests((name) => {
    looked.push(name);
    return resources.get(name);
  }, 2);
  const sets = ["a", "b", "c"].map((name) => new Set([name, "all"]));
  const valuesOf = (): readonly string[] => sets.map((set) => digests.of(set).value());
  const before = valuesOf();
  // The oldest of three makes place for each other one in turn: none is out of date.
  for (const name of ["all", "a", "b", "c"]) {
    resources.set(name, resource(CDS, name));
    digests.touch(name);
    const after = valuesOf();
    expect(after.filter((value, at) => value === before[at]).length).toBe(
      name === "all" ? 0 : after.length - 3,
    );
  }
  const [, , newest] = sets;
  if (newest === undefined) throw new Error("none");
  looked.length = 0;
  digests.of(newest);
  expect(looked).toEqual([]);
  resources.set("c", resource(CDS, "c", "2"));
  digests.touch("c");
  // One look, for the one set that has it.
  expect(looked).toEqual(["c"]);
});
