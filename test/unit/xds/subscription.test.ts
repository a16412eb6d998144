import { describe, expect, it } from "vitest";
import { nameSet } from "../../../src/xds/name-set.ts";
import {
  changeNames,
  covers,
  emptySubscription,
  replaceNames,
  type Subscription,
  sees,
} from "../../../src/xds/subscription.ts";
import { CDS, EDS, LDS, RDS } from "./driver.ts";

const show = ({ wildcard, names }: Subscription): string =>
  [...(wildcard ? ["*"] : []), ...[...names].sort()].join(",");

/** The meaning of a row of state-of-the-world requests. */
function replaced(type: typeof CDS, ...requests: readonly (readonly string[])[]): Subscription {
  let subscription = emptySubscription;
  for (const names of requests)
    subscription = replaceNames(subscription, type, nameSet(names)).subscription;
  return subscription;
}

describe("rule 6: what a row of name lists means in the state of the world", () => {
  it.each([
    ["no names at first: everything", LDS, [[]], "*"],
    ["no names at first, again", CDS, [[], []], "*"],
    ["then names: the legacy wildcard ends", CDS, [[], ["a"]], "a"],
    ["then none: nothing", CDS, [[], ["a"], []], ""],
    ["names, then none: nothing", LDS, [["a"], []], ""],
    ["the explicit wildcard", CDS, [["*"]], "*"],
    ["the explicit wildcard with names", CDS, [["*", "a"]], "*,a"],
    ["the explicit wildcard, then none: nothing", CDS, [["*"], []], ""],
    ["legacy, explicit, none: nothing", CDS, [[], ["*"], []], ""],
    ["EDS has no legacy wildcard", EDS, [[]], ""],
    ["RDS has no legacy wildcard", RDS, [[]], ""],
    ["the empty name is an ordinary name", CDS, [[""]], ""],
    ["names are a set", EDS, [["b", "a", "b"]], "a,b"],
  ] as const)("%s", (_rule, type, requests, expected) => {
    expect(show(replaced(type, ...requests))).toBe(expected);
  });

  it("the empty name does not make a wildcard", () => {
    const subscription = replaced(CDS, [""]);
    expect(subscription.wildcard).toBe(false);
    expect(subscription.names.has("")).toBe(true);
  });
});

describe("rule 4: what a list asks for anew", () => {
  it("tells added and removed names, and a new wildcard", () => {
    const before = replaced(CDS, ["a", "b"]);
    const change = replaceNames(before, CDS, nameSet(["*", "b", "c"]));
    expect([...change.added]).toEqual(["c"]);
    expect([...change.removed]).toEqual(["a"]);
    expect(change.wildcardAdded).toBe(true);
  });

  it("is silent and keeps the object when nothing changed", () => {
    const before = replaced(EDS, ["a", "b"]);
    expect(replaceNames(before, EDS, nameSet(["b", "a"])).subscription).toBe(before);
  });
});

describe("rule 18: what delta changes mean", () => {
  const change = (
    subscription: Subscription,
    of: { first?: boolean; subscribe?: readonly string[]; unsubscribe?: readonly string[] },
    type: typeof CDS = CDS,
  ) => {
    const { first = false, subscribe = [], unsubscribe = [] } = of;
    const names = { subscribe: nameSet(subscribe), unsubscribe: nameSet(unsubscribe) };
    return changeNames(subscription, type, { first, ...names });
  };
  const first = (subscribe: readonly string[]) =>
    change(emptySubscription, { first: true, subscribe }).subscription;

  it.each([
    ["the first without names: everything", first([]), "*"],
    ["the first with names: those", first(["a"]), "a"],
    ["the first with both", first(["*", "a"]), "*,a"],
    [
      "names do not end the legacy wildcard",
      change(first([]), { subscribe: ["a"] }).subscription,
      "*,a",
    ],
    [
      "`*` can be unsubscribed",
      change(first(["*", "a"]), { unsubscribe: ["*"] }).subscription,
      "a",
    ],
    ["so can the legacy wildcard", change(first([]), { unsubscribe: ["*"] }).subscription, ""],
    [
      "names can be unsubscribed",
      change(first(["a", "b"]), { unsubscribe: ["a"] }).subscription,
      "b",
    ],
    ["phantoms are ignored", change(first(["a"]), { unsubscribe: ["x"] }).subscription, "a"],
    ["later requests without names change nothing", change(first(["a"]), {}).subscription, "a"],
    [
      "EDS has no legacy wildcard",
      change(emptySubscription, { first: true }, EDS).subscription,
      "",
    ],
  ])("%s", (_rule, subscription, expected) => {
    expect(show(subscription)).toBe(expected);
  });

  it("rule 14: a name subscribed to again counts as added", () => {
    expect([...change(first(["a"]), { subscribe: ["a"] }).added]).toEqual(["a"]);
  });

  it("a name in both lists stays subscribed", () => {
    const both = change(first(["a"]), { subscribe: ["a"], unsubscribe: ["a"] });
    expect(show(both.subscription)).toBe("a");
    expect([...both.removed]).toEqual([]);
  });
});

describe("what a subscription sees", () => {
  const wildcard = replaced(CDS, ["*", "a"]);

  it.each([
    ["x", "wildcard", true],
    ["x", "named", false],
    ["a", "named", true],
    ["a", "absent", false],
  ] as const)("%s, %s: %s", (name, presence, expected) => {
    expect(sees(wildcard, name, presence)).toBe(expected);
    expect(covers(wildcard, name)).toBe(true);
  });

  it("has one id for equal subscriptions and no other", () => {
    const ids = [["*"], ["*", "a"], ["a"], ["a", "b"], ["a\0b"], ["*\0", "a"]].map(
      (names) => replaced(EDS, names).id,
    );
    expect(new Set(ids).size).toBe(ids.length);
    expect(replaced(EDS, ["b", "a"]).id).toBe(replaced(EDS, ["a", "b"]).id);
    expect(replaced(CDS, []).id).toBe(replaced(CDS, ["*"]).id);
  });
});
