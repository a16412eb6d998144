import { describe, expect, it } from "vitest";
import { CDS, Driver, EDS, LDS, line } from "./driver.ts";

const delta = (logLimit?: number): Driver => new Driver("delta", logLimit);

describe("rule 12: the nonce only correlates", () => {
  it("subscriptions count whatever it is", () => {
    const stream = delta();
    stream.put(EDS, "a", "1");
    stream.put(EDS, "b", "1");
    stream.settle(EDS, ["a"]);
    expect(stream.ask(EDS, { names: ["b"], nonce: "no such" })).toBe("stale");
    expect(stream.lines()).toEqual(["EDS b=1"]);
  });

  it("another nonce is no ACK", () => {
    const stream = delta();
    stream.ask(CDS);
    const sent = stream.one();
    expect(stream.ask(CDS, { nonce: "no such" })).toBe("stale");
    expect(stream.ask(CDS, { names: ["a"] })).toBe("none");
    expect(stream.answer(sent)).toBe("ack");
  });
});

describe("rule 13: NACK", () => {
  it("nothing is sent until the resource changes, then all of it", () => {
    const stream = delta();
    stream.put(CDS, "good", "1");
    stream.put(CDS, "bad", "1");
    stream.ask(CDS);
    expect(stream.answer(stream.one(), [], "bad")).toBe("nack");
    expect(stream.lines()).toEqual([]);
    stream.put(CDS, "bad", "2");
    const mended = stream.one();
    expect(line(mended)).toBe("CDS bad=2");
    stream.answer(mended);
    const rest = stream.one();
    expect(line(rest)).toBe("CDS good=1");
    expect(stream.applied(CDS)).toBe(false);
    stream.answer(rest);
    expect(stream.applied(CDS)).toBe(true);
  });

  it("a removal that was rejected along is said again", () => {
    const stream = delta();
    stream.put(CDS, "old", "1");
    stream.settle(CDS);
    stream.remove(CDS, "old");
    stream.put(CDS, "bad", "1");
    stream.answer(stream.one(), [], "bad");
    stream.put(CDS, "bad", "2");
    stream.answer(stream.one());
    expect(stream.lines()).toEqual(["CDS -old"]);
  });

  it("unsubscribing the bad name frees the rest, also before the NACK arrives", () => {
    const stream = delta();
    stream.put(EDS, "good", "1");
    stream.put(EDS, "bad", "1");
    stream.ask(EDS, { names: ["good", "bad"] });
    const sent = stream.one();
    stream.ask(EDS, { unsubscribe: ["bad"] });
    stream.answer(sent, [], "bad");
    expect(stream.lines()).toEqual(["EDS good=1"]);
  });
});

describe("rules 14, 15, 16: names", () => {
  it("rule 14: what is subscribed to again is sent again", () => {
    const stream = delta();
    stream.put(EDS, "a", "1");
    stream.settle(EDS, ["a"]);
    stream.ask(EDS, { names: ["a"] });
    expect(stream.lines()).toEqual(["EDS a=1"]);
  });

  it("rule 15: a missing name is a removed resource", () => {
    const stream = delta();
    stream.put(EDS, "a", "1");
    expect(line(stream.settle(EDS, ["a", "x"]))).toBe("EDS a=1 -x");
    stream.ask(EDS, { names: ["y"] });
    expect(stream.lines()).toEqual(["EDS -y"]);
  });

  it("rule 16: only what the proxy has or asked for is removed", () => {
    const stream = delta();
    stream.put(CDS, "a", "1");
    stream.put(CDS, "hidden", "1", { wildcard: false });
    stream.settle(CDS);
    stream.remove(CDS, "a", "hidden");
    stream.put(CDS, "brief", "1");
    stream.remove(CDS, "brief");
    expect(stream.lines()).toEqual(["CDS -a"]);
  });

  it("rule 16: what is by name only from now on is removed for a wildcard", () => {
    const stream = delta();
    stream.put(LDS, "a", "1");
    stream.settle(LDS);
    stream.put(LDS, "a", "1", { wildcard: false });
    expect(stream.lines()).toEqual(["LDS -a"]);
  });
});

describe("rule 17: initial_resource_versions", () => {
  it("skips equal ones, sends changed ones, removes what vanished", () => {
    const stream = delta();
    const a = stream.put(CDS, "a", "1");
    stream.put(CDS, "b", "2");
    stream.ask(CDS, { initial: { a, b: "old", gone: "old" } });
    expect(stream.lines()).toEqual(["CDS b=2 -gone"]);
  });

  it("does not trust a version of the user's that other content had before", () => {
    const stream = delta();
    stream.put(CDS, "a", "1", { version: "v7" });
    stream.put(CDS, "a", "2", { version: "v7" });
    stream.put(CDS, "b", "1", { version: "v7" });
    stream.ask(CDS, { initial: { a: "v7", b: "v7" } });
    expect(stream.lines()).toEqual(["CDS a=2"]);
  });

  it("is silent for names when nothing is new", () => {
    const stream = delta();
    const a = stream.put(EDS, "a", "1");
    stream.ask(EDS, { names: ["a"], initial: { a } });
    expect(stream.lines()).toEqual([]);
    expect(stream.applied(EDS)).toBe(true);
  });

  it("what is asked for again before the first answer is sent, though it is equal", () => {
    const [named, wildcard] = [delta(), delta()];
    const a = named.put(EDS, "a", "1");
    named.ask(EDS, { names: ["a"], initial: { a } });
    named.ask(EDS, { unsubscribe: ["a"] });
    named.ask(EDS, { names: ["a"] });
    expect(named.lines()).toEqual(["EDS a=1"]);
    const b = wildcard.put(CDS, "b", "1");
    wildcard.ask(CDS, { initial: { b } });
    wildcard.ask(CDS, { unsubscribe: ["*"] });
    wildcard.ask(CDS, { names: ["*"] });
    expect(wildcard.lines()).toEqual(["CDS b=1"]);
  });
});

describe("rules 18 and 19: the wildcard", () => {
  it("rule 18: a name that it covers as well is answered when it is unsubscribed", () => {
    const stream = delta();
    stream.put(LDS, "a", "1");
    stream.put(LDS, "api", "1", { wildcard: false });
    expect(line(stream.settle(LDS, ["*", "a", "api"]))).toBe("LDS a=1 api=1");
    stream.ask(LDS, { unsubscribe: ["a", "api"] });
    expect(stream.lines()).toEqual(["LDS a=1 -api"]);
  });

  it("rule 18: also before the first answer", () => {
    const stream = delta();
    stream.ask(LDS, { names: ["*", "api"] });
    stream.ask(LDS, { unsubscribe: ["api"] });
    expect(stream.lines()).toEqual(["LDS -api"]);
  });

  it("rule 18: phantom and plain unsubscribes are silent", () => {
    const stream = delta();
    stream.put(EDS, "a", "1");
    stream.settle(EDS, ["a"]);
    stream.ask(EDS, { unsubscribe: ["a", "phantom"] });
    expect(stream.lines()).toEqual([]);
    stream.put(EDS, "a", "2");
    expect(stream.lines()).toEqual([]);
  });

  it("rule 18: a wildcard asked for anew brings everything", () => {
    const stream = delta();
    stream.put(CDS, "a", "1");
    stream.settle(CDS);
    stream.ask(CDS, { unsubscribe: ["*"] });
    expect(stream.lines()).toEqual([]);
    stream.ask(CDS, { names: ["*"] });
    expect(stream.lines()).toEqual(["CDS a=1"]);
  });

  it("rule 19: the first wildcard request is answered though nothing is new", () => {
    const [empty, equal] = [delta(), delta()];
    empty.ask(CDS);
    expect(empty.lines()).toEqual(["CDS"]);
    const a = equal.put(CDS, "a", "1");
    equal.ask(CDS, { initial: { a } });
    expect(equal.lines()).toEqual(["CDS"]);
  });

  it("rule 19: but not where the proxy was served before, and holds what it should", () => {
    const [equal, other, nothing] = [delta(), delta(), delta()];
    const a = equal.put(CDS, "a", "1");
    equal.ask(CDS, { initial: { a }, isServed: true });
    expect(equal.lines()).toEqual([]);
    expect(equal.applied(CDS)).toBe(true);
    expect(equal.type(CDS)?.accepted?.version).toBe(equal.table(CDS).wildcardVersion());
    equal.put(CDS, "a", "2");
    expect(equal.lines()).toEqual(["CDS a=2"]);
    other.ask(CDS, { initial: { a }, isServed: true });
    expect(other.lines()).toEqual(["CDS -a"]);
    nothing.ask(CDS, { isServed: true });
    expect(nothing.lines()).toEqual(["CDS"]);
  });

  it("what is on its way when a wildcard begins is said again", () => {
    const stream = delta();
    stream.put(EDS, "a", "1", { wildcard: false });
    stream.ask(EDS, { names: ["a"] });
    const sent = stream.one();
    stream.ask(EDS, { unsubscribe: ["a"] });
    stream.ask(EDS, { names: ["*"] });
    stream.answer(sent);
    expect(stream.lines()).toEqual(["EDS -a"]);
  });
});

describe("rules 20 and 26: versions and changes", () => {
  it("rule 20: the type's version is equal for equal content", () => {
    const [one, other] = [delta(), delta()];
    one.put(CDS, "a", "1");
    other.put(CDS, "a", "0");
    other.put(CDS, "a", "1");
    expect(one.settle(CDS).version).toBe(other.settle(CDS).version);
  });

  it("rule 26: only what changed is sent, and only one response at a time", () => {
    const stream = delta();
    stream.put(CDS, "a", "1");
    stream.put(CDS, "b", "1");
    stream.ask(CDS);
    const first = stream.one();
    stream.put(CDS, "a", "2");
    stream.put(CDS, "a", "3");
    stream.put(CDS, "b", "1");
    expect(stream.lines()).toEqual([]);
    stream.answer(first);
    expect(stream.lines()).toEqual(["CDS a=3"]);
  });

  it("a stream further behind than the log starts afresh", () => {
    const stream = delta(2);
    stream.settle(CDS);
    for (let i = 0; i < 5; i += 1) stream.put(CDS, "a", `${i}`);
    expect(() => stream.pump()).toThrow("restart");
  });
});
