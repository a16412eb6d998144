import { describe, expect, it, vi } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { Driver, resource, type Sent } from "./driver.ts";

const SDS = typeUrls.secret;
const names = ["a", "bad", "c"];

describe.each(["delta", "sotw"] as const)("secrets in %s", (variant) => {
  const asked = variant === "sotw" ? names : [];

  function started(): Driver {
    const stream = new Driver(variant);
    for (const name of names) stream.put(SDS, name, "1");
    stream.ask(SDS, { names });
    return stream;
  }

  /** Answers until nothing comes any more; what holds `bad=1` is rejected. */
  function settle(stream: Driver): readonly Sent[] {
    const all: Sent[] = [];
    for (;;) {
      const [sent, ...more] = stream.pump();
      if (sent === undefined) return all;
      expect(more).toEqual([]);
      all.push(sent);
      stream.answer(sent, asked, sent.resources.includes("bad=1") ? "no file" : undefined);
    }
  }

  const texts = (all: readonly Sent[]): readonly (readonly string[])[] =>
    all.map(({ resources, removed }) => [...resources, ...removed]);

  it("come one to a response, and go on after a NACK", () => {
    const stream = started();
    expect(texts(settle(stream))).toEqual([["a=1"], ["bad=1"], ["c=1"]]);
    expect(stream.applied(SDS)).toBe(false);
    expect(stream.type(SDS)).toMatchObject({
      held: new Set(["bad"]),
      rejected: { names: ["bad"] },
    });
  });

  it("stay rejected while another changes, until they change themselves", () => {
    const stream = started();
    settle(stream);
    stream.put(SDS, "a", "2");
    expect(texts(settle(stream))).toEqual([["a=2"]]);
    expect(stream.type(SDS)?.rejected?.names).toEqual(["bad"]);
    expect(stream.applied(SDS)).toBe(false);
    stream.put(SDS, "bad", "2");
    expect(texts(settle(stream))).toEqual([["bad=2"]]);
    expect(stream.type(SDS)?.rejected).toBeUndefined();
    expect(stream.applied(SDS)).toBe(true);
  });

  it("are rejected no longer once nobody asks for them", () => {
    const stream = started();
    settle(stream);
    const rest = variant === "sotw" ? { names: ["a", "c"] } : { unsubscribe: ["bad"] };
    stream.ask(SDS, rest);
    expect(settle(stream)).toEqual([]);
    expect(stream.type(SDS)?.rejected).toBeUndefined();
    expect(stream.applied(SDS)).toBe(true);
  });

  it("that have to wait are dropped with their subscription, and answered with it", () => {
    const stream = started();
    const first = stream.one();
    const rest = variant === "sotw" ? { names: ["a"] } : { unsubscribe: ["bad", "c"] };
    stream.ask(SDS, { ...rest, nonce: first.nonce });
    expect(settle(stream)).toEqual([]);
    expect(stream.applied(SDS)).toBe(true);
  });

  it("that wait for their turn cost nothing while another has it", () => {
    const stream = new Driver(variant);
    const many = Array.from({ length: 2_000 }, (_, at) => `s${at}`);
    const made = many.map((name) => resource(SDS, name, "1"));
    stream.table(SDS).write({ puts: made, deletes: [] });
    stream.ask(SDS, { names: many });
    const looked = vi.spyOn(stream.table(SDS), "get");
    const costs = many.map((name) => {
      looked.mockClear();
      const [one] = stream.pump();
      if (one === undefined) throw new Error(`no response, and ${name} is to come`);
      const cost = looked.mock.calls.length;
      stream.answer(one, variant === "sotw" ? many : []);
      return cost;
    });
    expect(stream.pump()).toEqual([]);
    expect(stream.applied(SDS)).toBe(true);
    // The first one puts the others in order.
    expect(Math.max(...costs.slice(1))).toBeLessThan(10);
  });
});
