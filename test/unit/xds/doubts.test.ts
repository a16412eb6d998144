import { describe, expect, it } from "vitest";
import { changed } from "../../../src/xds/changed.ts";
import { Doubts } from "../../../src/xds/doubts.ts";
import { nameSet } from "../../../src/xds/name-set.ts";
import type { NodeId } from "../../../src/xds/node.ts";
import { replaceNames, type Subscription } from "../../../src/xds/subscription.ts";
import { type InFlight, initialState } from "../../../src/xds/type-state.ts";
import { TypeStates } from "../../../src/xds/type-states.ts";
import { CDS, EDS } from "./driver.ts";

const node = "n" as NodeId;

const asksFor = (...names: readonly string[]): Subscription =>
  replaceNames(initialState.subscription, EDS, nameSet(names)).subscription;

/** A stream that is sent `sent`, and has rejected `held`. */
function states(sent: readonly string[], held: readonly string[] = []): TypeStates {
  const inFlight: InFlight = {
    nonce: "1",
    version: "1",
    names: sent,
    dropped: false,
    retries: false,
    sentAtMs: 0,
    adds: false,
  };
  return TypeStates.none.with(EDS, changed(initialState, { inFlight, held: new Set(held) }));
}

describe("doubts", () => {
  it("are what was unanswered or rejected, of all streams of the node, and are taken once", () => {
    const doubts = new Doubts();
    doubts.remember(node, states(["a", "b"]));
    doubts.remember(node, states(["b"], ["c"]));
    expect(doubts.take(node, CDS, asksFor("*"))).toBeUndefined();
    expect(doubts.take("m" as NodeId, EDS, asksFor("*"))).toBeUndefined();
    expect(doubts.take(node, EDS, asksFor("*"))).toEqual(new Set(["a", "b", "c"]));
    expect(doubts.take(node, EDS, asksFor("*"))).toBeUndefined();
    expect(doubts.bytes).toBe(0);
  });

  it("are taken by the stream that asks for them, and left to the others of the node", () => {
    const doubts = new Doubts();
    doubts.remember(node, states(["a", "b", "b"]));
    expect(doubts.take(node, EDS, asksFor("other"))).toBeUndefined();
    expect(doubts.take(node, EDS, asksFor("b", "other"))).toEqual(new Set(["b"]));
    doubts.remember(node, states(["c"]));
    expect(doubts.take(node, EDS, asksFor("a"))).toEqual(new Set(["a"]));
    expect(doubts.take(node, EDS, asksFor("a", "b", "c"))).toEqual(new Set(["c"]));
    expect(doubts.bytes).toBe(0);
  });

  it("keep a list once that many were sent", () => {
    const doubts = new Doubts({ entries: 1_000, bytes: 10_000 });
    const sent = Array.from({ length: 100 }, (_, at) => `name ${at}`);
    for (let at = 0; at < 500; at += 1) doubts.remember(`n${at}` as NodeId, states(sent));
    expect(doubts.bytes).toBeLessThan(5_000);
    for (let at = 0; at < 500; at += 1) {
      expect(doubts.take(`n${at}` as NodeId, EDS, asksFor(...sent))).toEqual(new Set(sent));
    }
    expect(doubts.bytes).toBe(0);
  });

  it("are bounded by their number and by the bytes of their names: the oldest go", () => {
    const doubts = new Doubts({ entries: 8, bytes: 10_000 });
    const [few, long] = [["short"], ["x".repeat(1_000), "y".repeat(1_000)]];
    for (let at = 0; at < 20; at += 1) doubts.remember(`n${at}` as NodeId, states([...few]));
    const known = Array.from({ length: 20 }, (_, at) =>
      doubts.take(`n${at}` as NodeId, EDS, asksFor("*")),
    );
    expect(known.map((names) => names !== undefined).indexOf(true)).toBe(12);
    for (let at = 0; at < 8; at += 1) {
      doubts.remember(`n${at}` as NodeId, states([], long));
      expect(doubts.bytes).toBeLessThan(10_000);
    }
    const left = Array.from({ length: 8 }, (_, at) =>
      doubts.take(`n${at}` as NodeId, EDS, asksFor("*")),
    );
    expect(left.map((names) => names !== undefined).indexOf(true)).toBe(4);
  });
});
