import { describe, expect, it } from "vitest";
import { makeResource } from "../../../src/snapshot/resource.ts";
import { CDS, Driver, EDS, LDS, line, RDS } from "./driver.ts";

const sotw = (): Driver => new Driver("sotw");

describe("rule 2: stale requests", () => {
  it("are never an ACK or NACK", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    const first = stream.settle(EDS, ["a"]);
    stream.put(EDS, "a", "2");
    const second = stream.one();
    expect(stream.ask(EDS, { names: ["a"], nonce: first.nonce })).toBe("stale");
    expect(stream.ask(EDS, { names: ["a"], nonce: "" })).toBe("stale");
    expect(stream.ask(EDS, { names: ["a"], nonce: first.nonce, error: "no" })).toBe("stale");
    expect(stream.type(EDS)?.inFlight?.nonce).toBe(second.nonce);
    expect(stream.answer(second, ["a"])).toBe("ack");
  });

  it("a nonce of another type is stale", () => {
    const stream = sotw();
    const listeners = stream.settle(LDS);
    stream.ask(CDS);
    stream.one();
    expect(stream.ask(CDS, { nonce: listeners.nonce })).toBe("stale");
  });

  it("still update the subscription: [] → [a] → [] before the first response is nothing", () => {
    const stream = sotw();
    stream.put(CDS, "a", "1");
    stream.ask(CDS);
    const first = stream.one();
    stream.ask(CDS, { names: ["a"] });
    stream.ask(CDS, { names: [] });
    stream.answer(first, []);
    stream.put(CDS, "a", "2");
    expect(stream.lines()).toEqual([]);
  });

  it("what they ask for is answered after the response in flight", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    stream.put(EDS, "b", "1");
    stream.ask(EDS, { names: ["a"] });
    const first = stream.one();
    stream.ask(EDS, { names: ["a", "b"] });
    expect(stream.lines()).toEqual([]);
    stream.answer(first, ["a", "b"]);
    expect(stream.lines()).toEqual(["EDS b=1"]);
  });
});

describe("rule 3: NACK", () => {
  it("is told by the error alone, and nothing is sent again", () => {
    const stream = sotw();
    stream.put(CDS, "a", "1");
    stream.ask(CDS);
    const sent = stream.one();
    expect(stream.answer(sent, [], "bad")).toBe("nack");
    expect(stream.lines()).toEqual([]);
    expect(stream.type(CDS)?.rejected).toMatchObject({ message: "bad", names: ["a"] });
    expect(stream.applied(CDS)).toBe(false);
  });

  it("a changed name list is answered for the new names", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    stream.put(EDS, "b", "1");
    stream.ask(EDS, { names: ["a"] });
    stream.answer(stream.one(), ["a", "b"], "bad");
    expect(stream.lines()).toEqual(["EDS b=1"]);
  });

  it.each([
    ["changed", (stream: Driver) => stream.put(EDS, "bad", "2"), ["EDS bad=2", "EDS good=1"]],
    ["gone", (stream: Driver) => stream.remove(EDS, "bad"), ["EDS good=1"]],
    [
      "unsubscribed",
      (stream: Driver) => stream.ask(EDS, { names: ["good"], nonce: "n1" }),
      ["EDS good=1"],
    ],
  ] as const)(
    "the rest of a rejected response comes once the bad one is %s",
    (_how, mend, expected) => {
      const stream = sotw();
      stream.put(EDS, "good", "1");
      stream.put(EDS, "bad", "1");
      stream.ask(EDS, { names: ["good", "bad"] });
      stream.answer(stream.one(), ["good", "bad"], "bad");
      mend(stream);
      const got: string[] = [];
      for (let sent = stream.pump(); sent.length > 0; sent = stream.pump()) {
        got.push(...sent.map(line));
        for (const one of sent)
          stream.answer(one, [...(stream.type(EDS)?.subscription.names ?? [])]);
      }
      expect(got).toEqual(expected);
      expect(stream.applied(EDS)).toBe(true);
    },
  );

  it("a complete set comes again when the bad name is unsubscribed", () => {
    const stream = sotw();
    stream.put(CDS, "good", "1");
    stream.put(CDS, "bad", "1");
    stream.ask(CDS, { names: ["good", "bad"] });
    const sent = stream.one();
    stream.answer(sent, ["good", "bad"], "bad");
    stream.ask(CDS, { names: ["good"], nonce: sent.nonce });
    expect(stream.lines()).toEqual(["CDS good=1"]);
  });

  it("a complete set comes again though no name is left, since what it left out is to be removed", () => {
    const stream = sotw();
    stream.put(CDS, "bad", "1");
    stream.ask(CDS, { names: ["bad", "from the last stream"] });
    const sent = stream.one();
    stream.answer(sent, ["bad", "from the last stream"], "bad");
    stream.ask(CDS, { names: ["from the last stream"], nonce: sent.nonce });
    expect(stream.lines()).toEqual(["CDS"]);
  });

  it("also when it is unsubscribed before the NACK arrives", () => {
    const stream = sotw();
    stream.put(CDS, "good", "1");
    const first = stream.settle(CDS, ["good", "bad"]);
    stream.put(CDS, "bad", "1");
    stream.put(CDS, "good", "2");
    const second = stream.one();
    stream.ask(CDS, { names: ["good"], nonce: first.nonce });
    stream.answer(second, ["good"], "bad");
    expect(stream.lines()).toEqual(["CDS good=2"]);
  });

  it("a retry counts as applied only when it is ACKed", () => {
    const stream = sotw();
    stream.put(EDS, "good", "1");
    stream.put(EDS, "bad", "1");
    stream.ask(EDS, { names: ["good", "bad"] });
    stream.answer(stream.one(), ["good", "bad"], "bad");
    stream.remove(EDS, "bad");
    const retry = stream.one();
    expect(stream.applied(EDS)).toBe(false);
    stream.answer(retry, ["good", "bad"]);
    expect(stream.applied(EDS)).toBe(true);
  });
});

describe("rules 4 and 7: names", () => {
  it("rule 4: an ACK with the same names is silence", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    stream.settle(EDS, ["a"]);
    expect(stream.lines()).toEqual([]);
  });

  it("rule 4: names added in the ACK are answered, also those sent earlier", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    const first = stream.settle(EDS, ["a"]);
    stream.ask(EDS, { names: [], nonce: first.nonce });
    stream.ask(EDS, { names: ["a"], nonce: first.nonce });
    expect(stream.lines()).toEqual(["EDS a=1"]);
  });

  it("rule 7: unknown names are remembered and answered when they come to be", () => {
    const stream = sotw();
    expect(line(stream.settle(EDS, ["a"]))).toBe("EDS");
    stream.put(EDS, "x", "1");
    expect(stream.lines()).toEqual([]);
    stream.put(EDS, "a", "1");
    expect(stream.lines()).toEqual(["EDS a=1"]);
  });
});

describe("rule 5: complete and partial sets", () => {
  it.each([CDS, LDS])("every response of %s is complete", (type) => {
    const stream = sotw();
    stream.put(type, "a", "1");
    stream.put(type, "b", "1");
    stream.settle(type);
    stream.put(type, "a", "2");
    const second = stream.one();
    expect(second.resources).toEqual(["a=2", "b=1"]);
    stream.answer(second);
    stream.remove(type, "a", "b");
    expect(stream.one().resources).toEqual([]);
  });

  it.each([EDS, RDS])("a response of %s has what changed", (type) => {
    const stream = sotw();
    stream.put(type, "a", "1");
    stream.put(type, "b", "1");
    stream.settle(type, ["a", "b"]);
    stream.put(type, "a", "2");
    stream.remove(type, "b");
    expect(stream.one().resources).toEqual(["a=2"]);
  });
});

describe("rules 8, 9, 10, 26: versions and pushes", () => {
  it("rule 8: the version is that of the content the proxy sees", () => {
    const [one, other] = [sotw(), sotw()];
    one.put(CDS, "a", "1");
    one.put(CDS, "b", "1");
    other.put(CDS, "b", "1");
    other.put(CDS, "a", "0");
    other.put(CDS, "a", "1");
    const [x, y] = [one.settle(CDS), other.settle(CDS)];
    expect(x.version).toBe(y.version);
    one.put(CDS, "a", "2");
    expect(one.one().version).not.toBe(x.version);
  });

  it("rule 8: a reconnecting proxy that shows the present version is not answered", () => {
    const stream = sotw();
    stream.put(CDS, "a", "1");
    const { version } = stream.settle(CDS);
    const again = new Driver("sotw");
    again.put(CDS, "a", "1");
    again.ask(CDS, { version });
    expect(again.lines()).toEqual([]);
    expect(again.applied(CDS)).toBe(true);
    again.put(CDS, "a", "2");
    expect(again.lines()).toEqual(["CDS a=2"]);
  });

  it("rule 8: it is answered in full where the version is of other content, or of other names", () => {
    const stream = sotw();
    for (const name of ["a", "b"]) stream.put(LDS, name, "1");
    const { version } = stream.settle(LDS, ["a"]);
    const shows = (names: readonly string[], text: string): readonly string[] => {
      const again = new Driver("sotw");
      for (const name of ["a", "b"]) again.put(LDS, name, text);
      again.ask(LDS, { names, version });
      return again.lines();
    };
    expect(shows(["a"], "1")).toEqual([]);
    expect(shows(["a"], "2")).toEqual(["LDS a=2"]);
    expect(shows(["a", "b"], "1")).toEqual(["LDS a=1 b=1"]);
    expect(shows([], "1")).toEqual(["LDS a=1 b=1"]);
    // What does not exist adds nothing to ask for.
    expect(shows(["a", "no such"], "1")).toEqual([]);
  });

  it("rule 8: a version of the user's own proves nothing, unless it is made of the content", () => {
    const shows = (version: string, versionProves?: boolean): readonly string[] => {
      const again = sotw();
      const any = Buffer.from("a=2");
      const own = makeResource({
        ...{ typeUrl: CDS, name: "a", any, version: "7" },
        ...(versionProves !== undefined && { versionProves }),
      });
      again.table(CDS).write({ puts: [own], deletes: [] });
      again.ask(CDS, { version });
      return again.lines();
    };
    expect(shows("7")).toEqual(["CDS a=2"]);
    expect(shows("7", true)).toEqual([]);
    expect(shows("6", true)).toEqual(["CDS a=2"]);
  });

  it("rule 8: nor does one of a set in which one is the user's own, and of no other set", () => {
    const put = (stream: Driver, text: string): void => {
      const own = makeResource({
        typeUrl: LDS,
        name: "a",
        any: Buffer.from(`a=${text}`),
        version: "7",
      });
      stream.table(LDS).write({ puts: [own], deletes: [] });
      stream.put(LDS, "b", "1");
    };
    const shows = (names: readonly string[]): readonly string[] => {
      const before = sotw();
      put(before, "1");
      const { version } = before.settle(LDS, names);
      const again = sotw();
      put(again, "2");
      again.ask(LDS, { names, version });
      return again.lines();
    };
    expect(shows(["a", "b"])).toEqual(["LDS a=2 b=1"]);
    expect(shows(["b"])).toEqual([]);
  });

  it("rule 22: assignments are answered, though shown, unless the clusters needed no answer", () => {
    const before = sotw();
    const put = (stream: Driver, cluster: string): void => {
      stream.put(CDS, "a", cluster, { references: ["a"] });
      stream.put(EDS, "a", "1");
    };
    put(before, "1");
    const clusters = before.settle(CDS).version;
    const assignments = before.settle(EDS, ["a"]).version;
    const reconnect = (cluster: string, order: readonly (typeof CDS)[]): readonly string[] => {
      const again = new Driver("sotw");
      put(again, cluster);
      return order.flatMap((type) => {
        const isEndpoint = type === EDS;
        again.ask(type, {
          names: isEndpoint ? ["a"] : [],
          version: isEndpoint ? assignments : clusters,
        });
        return again.lines();
      });
    };
    expect(reconnect("1", [CDS, EDS])).toEqual([]);
    expect(reconnect("2", [CDS, EDS])).toEqual(["CDS a=2", "EDS a=1"]);
    expect(reconnect("1", [EDS, CDS])).toEqual(["EDS a=1"]);
  });

  it("rule 9: a name asked for twice comes once", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    stream.ask(EDS, { names: ["a", "a"] });
    expect(stream.one().resources).toEqual(["a=1"]);
  });

  it("rule 10: the latest request counts", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    stream.put(EDS, "b", "1");
    stream.ask(EDS, { names: ["a"] });
    stream.ask(EDS, { names: ["b"] });
    expect(stream.lines()).toEqual(["EDS b=1"]);
  });

  it("rule 26: changes during a response in flight become one push of the newest state", () => {
    const stream = sotw();
    stream.put(EDS, "a", "1");
    stream.ask(EDS, { names: ["a"] });
    const first = stream.one();
    stream.put(EDS, "a", "2");
    stream.put(EDS, "a", "3");
    expect(stream.lines()).toEqual([]);
    stream.answer(first, ["a"]);
    expect(stream.lines()).toEqual(["EDS a=3"]);
  });

  it("rule 26: what the proxy does not see pushes nothing", () => {
    const stream = sotw();
    stream.settle(LDS);
    stream.put(LDS, "api", "1", { wildcard: false });
    expect(stream.lines()).toEqual([]);
    expect(stream.applied(LDS)).toBe(true);
  });
});

describe("a change log that is too short", () => {
  it("sends everything that is seen, and nothing if nothing is", () => {
    const stream = new Driver("sotw", 2);
    stream.put(EDS, "a", "1");
    const first = stream.settle(EDS, ["a"]);
    for (let i = 0; i < 5; i += 1) stream.put(EDS, "x", `${i}`);
    expect(stream.lines()).toEqual(["EDS a=1"]);
    stream.ask(EDS, { names: [], nonce: first.nonce });
    stream.answer({ ...first, nonce: "n2" }, []);
    for (let i = 0; i < 5; i += 1) stream.put(EDS, "x", `${i}`);
    expect(stream.lines()).toEqual([]);
  });
});
