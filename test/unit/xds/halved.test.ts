import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { Driver, type Sent } from "./driver.ts";

const SRDS = typeUrls.scopedRoute;

const nameOf = (at: number): string => `s${String(at).padStart(5, "0")}`;

function started(count: number): Driver {
  const stream = new Driver("delta", 100_000);
  for (let at = 0; at < count; at += 1) stream.put(SRDS, nameOf(at), "1");
  stream.ask(SRDS);
  return stream;
}

/** A proxy that takes nothing of a response which holds something bad. */
function settle(stream: Driver, isBad: (text: string) => boolean) {
  const taken = new Set<string>();
  const sent: Sent[] = [];
  for (;;) {
    const [one, ...more] = stream.pump();
    if (one === undefined) return { taken, sent };
    expect(more).toEqual([]);
    sent.push(one);
    const bad = one.resources.some(isBad);
    if (!bad) for (const text of one.resources) taken.add(text);
    stream.answer(one, [], bad ? "bad scope" : undefined);
  }
}

describe("scopes in delta, of which one is bad", () => {
  const isBad = (text: string): boolean => text === `${nameOf(7_003)}=1`;

  it("all reach the proxy but that one, in few responses", () => {
    const stream = started(10_000);
    const { taken, sent } = settle(stream, isBad);
    expect(taken.size).toBe(9_999);
    expect(sent.length).toBeLessThan(60);
    expect(stream.type(SRDS)).toMatchObject({
      held: new Set([nameOf(7_003)]),
      rejected: { names: [nameOf(7_003)], message: "bad scope" },
      atMost: undefined,
    });
    expect(stream.applied(SRDS)).toBe(false);
  });

  it("go on changing while it is held, and it goes out once it is mended", () => {
    const stream = started(100);
    const bad = (text: string): boolean => text === `${nameOf(3)}=1`;
    settle(stream, bad);
    stream.put(SRDS, nameOf(50), "2");
    stream.remove(SRDS, nameOf(51));
    const { sent } = settle(stream, bad);
    expect(sent.map(({ resources, removed }) => [...resources, ...removed])).toEqual([
      [`${nameOf(50)}=2`, nameOf(51)],
    ]);
    stream.put(SRDS, nameOf(3), "2");
    expect(settle(stream, bad).taken).toEqual(new Set([`${nameOf(3)}=2`]));
    expect(stream.type(SRDS)?.rejected).toBeUndefined();
    expect(stream.applied(SRDS)).toBe(true);
  });

  it("are all there but the bad ones, whatever changes meanwhile", () => {
    const texts = fc.array(fc.tuple(fc.nat({ max: 30 }), fc.constantFrom("good", "bad", "gone")), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.array(texts, { minLength: 1, maxLength: 5 }), (rounds) => {
        const stream = started(20);
        const held = new Map<string, string>();
        for (const round of rounds) {
          for (const [at, text] of round) {
            if (text === "gone") stream.remove(SRDS, nameOf(at));
            else stream.put(SRDS, nameOf(at), text);
          }
          const { sent } = settle(stream, (text) => text.endsWith("=bad"));
          for (const { resources, removed } of sent) {
            if (resources.some((text) => text.endsWith("=bad"))) continue;
            for (const name of removed) held.delete(name);
            for (const text of resources) held.set(text.slice(0, 6), text);
          }
        }
        for (const { name, any } of stream.table(SRDS).resources()) {
          const text = Buffer.from(any).toString();
          if (!text.endsWith("=bad")) expect(held.get(name)).toBe(text);
        }
        for (const name of held.keys()) expect(stream.table(SRDS).get(name)).toBeDefined();
      }),
    );
  });
});

it("scopes in state of the world are not halved: a response is all of them", () => {
  const stream = new Driver("sotw");
  stream.put(SRDS, "a", "1");
  stream.put(SRDS, "b", "1");
  stream.ask(SRDS);
  const { sent } = settle(stream, (text) => text === "b=1");
  expect(sent).toHaveLength(1);
  stream.put(SRDS, "b", "2");
  expect(settle(stream, () => false).taken.size).toBe(2);
});
