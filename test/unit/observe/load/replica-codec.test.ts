import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { decodeReplica, encodeReplica } from "../../../../src/observe/load/replica-codec.ts";
import type { ReplicaCounts } from "../../../../src/observe/load/replica-counts.ts";
import { replica, subsetCounts } from "./counts.ts";

const { valueBytes } = limits.load;
const textOf = (counts: ReplicaCounts): string =>
  Buffer.from(encodeReplica(counts, valueBytes).value).toString();
const bytesOf = (json: unknown): Uint8Array =>
  Buffer.from(typeof json === "string" ? json : JSON.stringify(json));

const plain = (change: object = {}, v1: object = {}): object => ({
  start: "a-1",
  seq: 1,
  reporters: 1,
  ageMs: 0,
  services: { web: { forMs: 1, subsets: { v1: { ok: 1, errors: 0, inProgress: 0, ...v1 } } } },
  ...change,
});

describe("what a replica tells", () => {
  it("is JSON that people can read", () => {
    const counts = replica(
      "a-1",
      7,
      { v1: subsetCounts(9, 1, 2), v2: subsetCounts(3, 0, 0, { cpu: [2, 0.5] }) },
      { forMs: 1_000.4, reporters: 2, ageMs: 12.6 },
    );
    expect(JSON.parse(textOf(counts))).toEqual({
      start: "a-1",
      seq: 7,
      reporters: 2,
      ageMs: 13,
      services: {
        web: {
          forMs: 1_000,
          subsets: {
            v1: { ok: 9, errors: 1, inProgress: 2 },
            v2: { ok: 3, errors: 0, inProgress: 0, metrics: { cpu: { count: 2, total: 0.5 } } },
          },
        },
      },
    });
  });

  it("is read as it was written", () => {
    const count = fc.integer({ min: 0, max: 2 ** 40 });
    const text = fc.string({ minLength: 1, maxLength: 9, unit: "grapheme" });
    const named = <T>(value: fc.Arbitrary<T>) =>
      fc.uniqueArray(fc.tuple(text, value), { selector: ([name]) => name, maxLength: 4 });
    const total = fc.double({ noNaN: true, noDefaultInfinity: true }).map((n) => n + 0);
    const metrics = named(fc.record({ count, total })).map((pairs) => new Map(pairs));
    const subset = fc.record({ ok: count, errors: count, inProgress: count, metrics });
    const subsets = named(subset).map((pairs) => new Map(pairs));
    const services = named(fc.record({ forMs: count, subsets })).map((pairs) => new Map(pairs));
    const ageMs = fc.option(count, { nil: undefined });
    const sameUntil = fc.option(fc.record({ seq: count, agoMs: count }), { nil: undefined });
    const head = { start: text, seq: count, reporters: count, ageMs, sameUntil };
    const counts = fc.record({ ...head, services });
    fc.assert(
      fc.property(counts, (each) => {
        const { value, leftOut } = encodeReplica(each, valueBytes);
        expect(leftOut).toEqual([]);
        expect(decodeReplica(value)).toEqual({ ok: true, value: each });
      }),
    );
  });

  it("leaves out services that do not fit, always the same, and says which", () => {
    const { services } = replica("a-1", 1, { v1: subsetCounts(1) });
    const [web] = [...services.values()];
    if (web === undefined) throw new Error("no service");
    const counts = {
      ...replica("a-1", 1, {}),
      services: new Map([
        ["b", web],
        ["a", web],
        ["c", web],
      ]),
    };
    const whole = encodeReplica(counts, valueBytes).value.byteLength;
    const { value, leftOut } = encodeReplica(counts, whole - 1);
    expect(leftOut).toEqual(["c"]);
    expect(value.byteLength).toBeLessThan(whole);
    const read = decodeReplica(value);
    expect(read.ok && [...read.value.services.keys()]).toEqual(["a", "b"]);
    expect(encodeReplica(counts, 10).leftOut).toEqual(["a", "b", "c"]);
  });

  it("fits for as many services as its bound has, with two versions each", () => {
    const { services } = replica("a", 1, {
      v1: subsetCounts(123_456, 1_234),
      v2: subsetCounts(123_456, 1_234),
    });
    const [web] = [...services.values()];
    if (web === undefined) throw new Error("no service");
    const names = Array.from({ length: limits.load.services }, (_, i) => `service-${i}`);
    const counts = { ...replica("a", 1, {}), services: new Map(names.map((name) => [name, web])) };
    expect(encodeReplica(counts, valueBytes).leftOut).toEqual([]);
    expect(valueBytes).toBeLessThan(limits.store.valueBytes);
  });
});

describe("a value that is wrong", () => {
  const reason = (json: unknown): string => {
    const decoded = decodeReplica(bytesOf(json));
    return decoded.ok ? "read" : decoded.error;
  };
  const most = limits.load.services;
  it.each([
    ["{", "the value is no JSON"],
    [[], "the value is no object"],
    [null, "the value is no object"],
    [plain({ start: "" }), "start is no name of 1 to 253 characters"],
    [plain({ start: "x".repeat(254) }), "start is no name of 1 to 253 characters"],
    [plain({ seq: -1 }), "seq is no whole number from 0"],
    [plain({ seq: 1.5 }), "seq is no whole number from 0"],
    [plain({ seq: 2 ** 53 }), "seq is no whole number from 0"],
    [plain({ reporters: "1" }), "reporters is no whole number from 0"],
    [plain({ ageMs: null }), "ageMs is no number from 0"],
    [JSON.stringify(plain()).replace('"ageMs":0', '"ageMs":1e999'), "ageMs is no number from 0"],
    [plain({ sameUntil: 1 }), "sameUntil is no object"],
    [plain({ sameUntil: { seq: -1, agoMs: 0 } }), "sameUntil.seq is no whole number from 0"],
    [plain({ sameUntil: { seq: 1, agoMs: -1 } }), "sameUntil.agoMs is no number from 0"],
    [plain({ services: [] }), "services is no object"],
    [plain({ services: { web: { subsets: {} } } }), "services.web.forMs is no number from 0"],
    [
      plain({ services: { "": { forMs: 1, subsets: {} } } }),
      "services is no name of 1 to 253 characters",
    ],
    [plain({}, { ok: -1 }), "services.web.subsets.v1.ok is no whole number from 0"],
    [plain({}, { errors: undefined }), "services.web.subsets.v1.errors is no whole number from 0"],
    [
      plain({}, { metrics: { a: { count: 1, total: "1" } } }),
      "services.web.subsets.v1.metrics.a.total is no number",
    ],
    [
      plain({ services: Object.fromEntries(Array.from({ length: most + 1 }, (_, i) => [i, {}])) }),
      `services has ${most + 1} of ${most} at most`,
    ],
    [" ".repeat(valueBytes + 1), `${valueBytes + 1} bytes; ${valueBytes} are allowed`],
  ])("case %#", (json, expected) => {
    expect(reason(json)).toBe(expected);
  });

  it("may have fields that a later release writes", () => {
    expect(reason(plain({ later: true }, { dropped: 3 }))).toBe("read");
  });

  it("is never more than a reason, whatever the bytes are", () => {
    const read = (value: Uint8Array): void => void decodeReplica(value);
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), read));
    fc.assert(fc.property(fc.json(), (text) => read(Buffer.from(text))));
  });
});
