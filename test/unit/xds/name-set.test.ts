import { describe, expect, it } from "vitest";
import { encodeMessage } from "../../../src/proto/encode.ts";
import { decodeDeltaRequest } from "../../../src/xds/codec.ts";
import { changedSet, nameSet, noNameSet } from "../../../src/xds/name-set.ts";

const many = Array.from({ length: 500 }, (_, index) => `service-${index}/v1`);

const sent = (names: readonly string[]) =>
  decodeDeltaRequest(
    encodeMessage("envoy.service.discovery.v3.DeltaDiscoveryRequest", {
      type_url: "t",
      resource_names_subscribe: names,
    }),
  ).request.subscribe;

describe("interned sets of names", () => {
  it("are one object for the same names in any order, repeated or sent", () => {
    const set = nameSet(["a", "b"]);
    expect(nameSet(["b", "a", "b"])).toBe(set);
    expect(sent(["b", "a"])).toBe(set);
    expect(nameSet(many)).toBe(sent(many.toReversed()));
    expect(sent(many)).toBe(sent(many));
  });

  it("are different objects with different ids for other names", () => {
    const sets = [["a"], ["b"], ["a", "b"], ["ab"], ["", "ab"], ["a,b"]].map((names) =>
      nameSet(names),
    );
    expect(new Set(sets).size).toBe(sets.length);
    expect(new Set(sets.map(({ id }) => id)).size).toBe(sets.length);
  });

  it("are told apart though the hash of their names is the same", () => {
    // FNV-1a, 32 bits, has these two in common; and a sum over names cannot tell pairs from others.
    const [one, other] = ["costarring", "liquid"];
    expect(nameSet([one ?? ""])).not.toBe(nameSet([other ?? ""]));
    expect([...nameSet([other ?? "", "x"]).names]).toEqual(["liquid", "x"]);
    expect(nameSet([one ?? "", "x"]).names.has("costarring")).toBe(true);
  });

  it("hold names as they were sent", () => {
    const names = ["", "*", "a".repeat(300), "wéb/√1"];
    expect([...sent(names).names]).toEqual(names);
    expect(sent([])).toBe(noNameSet);
  });

  it("change in the same way for all that hold the same", () => {
    const from = nameSet(many);
    const changed = changedSet(from, nameSet(["new"]), nameSet(["service-0/v1", "no such"]));
    expect(changed.names.size).toBe(500);
    expect(changed.names.has("new")).toBe(true);
    expect(changedSet(from, nameSet(["new"]), nameSet(["service-0/v1", "no such"]))).toBe(changed);
    expect(changedSet(changed, nameSet(["service-0/v1"]), nameSet(["new"]))).toBe(from);
    expect(changedSet(from, noNameSet, noNameSet)).toBe(from);
  });
});
