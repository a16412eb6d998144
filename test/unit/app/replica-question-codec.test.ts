import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Answer, decodeWords, encodeWords } from "../../../src/app/replica-question-codec.ts";
import { limits } from "../../../src/config/limits.ts";

const answer: Answer = {
  to: new Map([["a", 7]]),
  progress: "pending",
  proxies: 5,
  accepted: 4,
  behind: [
    {
      node: "edge-1",
      peer: "10.0.0.9:1",
      type: "RDS",
      status: "NACKED",
      versionSent: "b",
      versionAcked: null,
      message: "no",
    },
  ],
  omitted: 2,
};

describe("what replicas ask and answer each other", () => {
  it("is read as it was written", () => {
    const asks = [
      { revision: 7n, number: 1 },
      { revision: 2n ** 60n, number: 0 },
    ];
    const words = { asks, answers: new Map([[9n, answer]]) };
    expect(decodeWords(Buffer.from(encodeWords(words)))).toEqual(words);
  });

  it.each(["", "{", "null", "[]", '{"asks":7,"answers":[1]}', '{"answers":{"x":{},"7":null}}'])(
    "says nothing where it cannot be read: %s",
    (text) => expect(decodeWords(Buffer.from(text))).toEqual({ asks: [], answers: new Map() }),
  );

  it("is total, whatever JSON it is", () => {
    fc.assert(
      fc.property(fc.json(), fc.json(), (asks, each) => {
        const text = `{"asks":${asks},"answers":{"7":${each}}}`;
        const { answers } = decodeWords(Buffer.from(text));
        for (const { proxies, omitted } of answers.values()) {
          expect(Number.isSafeInteger(proxies + omitted)).toBe(true);
        }
      }),
    );
  });

  it("is bounded", () => {
    const asks = Array.from({ length: 1_000 }, (_, at) => ({ revision: BigInt(at), number: at }));
    const behind = Array.from({ length: 1_000 }, () => answer.behind[0] ?? expect.fail());
    const answers = new Map(asks.map(({ revision }) => [revision, { ...answer, behind }]));
    const read = decodeWords(Buffer.from(encodeWords({ asks, answers })));
    expect(read.asks).toHaveLength(limits.replicas.questions);
    expect(read.answers.size).toBe(limits.replicas.questions);
    expect(read.answers.get(0n)?.behind).toHaveLength(limits.replicas.behind);
  });
});
