import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import {
  decodeRecord,
  encodeRecord,
  type HistoryRecord,
  historyKey,
  operationId,
  readHistoryKey,
  timeOfId,
} from "../../../../src/store/history/record.ts";
import {
  byHash,
  type RecordedValue,
  recordedValue,
  sameValue,
} from "../../../../src/store/history/recorded-value.ts";

const id = operationId(1_700_000_000_000, "0123456789ab");

const record: HistoryRecord = {
  id,
  by: "ann@host",
  atMs: 1_700_000_000_000,
  why: "v2 is slow",
  changes: [
    { key: "weights/web", before: { kind: "text", text: "v1: 1" }, after: { kind: "absent" } },
  ],
  evidence: undefined,
};

function decoded(of: HistoryRecord): HistoryRecord {
  const result = decodeRecord(of.id, encodeRecord(of));
  if (!result.ok) throw new Error(result.error);
  return result.value;
}

describe("a record", () => {
  it("is JSON that people can read", () => {
    expect(JSON.parse(Buffer.from(encodeRecord(record)).toString())).toEqual({
      by: "ann@host",
      atMs: 1_700_000_000_000,
      why: "v2 is slow",
      changes: [{ key: "weights/web", before: "v1: 1", after: null }],
    });
  });

  it("is the same after encoding and decoding", () => {
    const value = fc.uint8Array({ maxLength: 40 }).map((bytes) => recordedValue(bytes));
    const figure = fc.oneof(
      fc.string(),
      fc.boolean(),
      fc.constant(null),
      fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    );
    const records = fc.record({
      id: fc.constant(id),
      by: fc.string(),
      atMs: fc.nat(),
      why: fc.string({ unit: "grapheme" }),
      changes: fc.array(
        fc.record({ key: fc.string({ minLength: 1 }), before: value, after: value }),
        { minLength: 1, maxLength: 5 },
      ),
      evidence: fc.option(fc.dictionary(fc.stringMatching(/^[a-z]\w*$/), figure, { maxKeys: 5 }), {
        nil: undefined,
      }),
    });
    fc.assert(
      fc.property(records, (one) => {
        expect(decoded(one)).toEqual(one);
      }),
    );
  });

  it("never throws, whatever the bytes are", () => {
    const garbage = fc.oneof(
      fc.uint8Array(),
      fc.json().map((text) => new Uint8Array(Buffer.from(text))),
    );
    fc.assert(
      fc.property(garbage, (bytes) => {
        const result = decodeRecord(id, bytes);
        if (!result.ok) expect(result.error).toMatch(/^not a record of history: /);
      }),
    );
  });

  it("may tell of no change: somebody has spoken", () => {
    const spoken = { ...record, changes: [] };
    expect(decodeRecord(id, encodeRecord(spoken))).toEqual({ ok: true, value: spoken });
  });

  it.each([
    ["a time that no date can tell", { atMs: 9e15 }],
    [
      "a hash that is none",
      { changes: [{ key: "a", before: { sha256: "x", bytes: 1 }, after: null }] },
    ],
    ["evidence that is deep", { evidence: { a: { b: 1 } } }],
  ])("is refused with %s", (_what, parts) => {
    const whole = JSON.parse(Buffer.from(encodeRecord(record)).toString());
    const bytes = Buffer.from(JSON.stringify({ ...whole, ...parts }));
    expect(decodeRecord(id, bytes).ok).toBe(false);
  });

  it("leaves out what a later version adds", () => {
    const whole = JSON.parse(Buffer.from(encodeRecord(record)).toString());
    const bytes = Buffer.from(JSON.stringify({ ...whole, mood: "good" }));
    expect(decodeRecord(id, bytes)).toEqual({ ok: true, value: record });
  });

  it("has bounds: long texts are cut, and too many figures are left out", () => {
    const { textChars, figures } = limits.history;
    const long = "x".repeat(textChars + 1);
    const many = Object.fromEntries(Array.from({ length: figures + 1 }, (_, i) => [`f${i}`, long]));
    const one = decoded({ ...record, by: long, why: long, evidence: many });
    expect([one.by.length, one.why.length]).toEqual([textChars, textChars]);
    expect(Object.keys(one.evidence ?? {})).toHaveLength(figures);
    expect(one.evidence?.["f0"]).toHaveLength(textChars);
  });

  it("tells all values by their hashes when they do not fit", () => {
    const { valueBytes, recordBytes, changes: most } = limits.history;
    const text: RecordedValue = { kind: "text", text: "x".repeat(valueBytes) };
    const changes = Array.from({ length: most }, (_, i) => ({
      key: `routes/r${i}`,
      before: { kind: "absent" } as const,
      after: text,
    }));
    const bytes = encodeRecord({ ...record, changes });
    expect(bytes.byteLength).toBeLessThan(recordBytes);
    const [first] = decoded({ ...record, changes }).changes;
    expect(first?.before).toEqual({ kind: "absent" });
    expect(first?.after).toMatchObject({ kind: "hash", bytes: valueBytes });
  });
});

describe("a recorded value", () => {
  const { valueBytes } = limits.history;

  it("is whole up to its bound, and a hash beyond it", () => {
    expect(recordedValue(Buffer.from("x".repeat(valueBytes)))).toMatchObject({ kind: "text" });
    expect(recordedValue(Buffer.from("x".repeat(valueBytes + 1)))).toMatchObject({
      kind: "hash",
      bytes: valueBytes + 1,
    });
  });

  it("is a hash where the bytes are no text, and the same text otherwise, byte by byte", () => {
    expect(recordedValue(Uint8Array.of(0xff)).kind).toBe("hash");
    const marked = Buffer.from("\u{feff}v1: 1");
    const recorded = recordedValue(marked);
    expect(recorded.kind === "text" && Buffer.from(recorded.text)).toEqual(marked);
  });

  it("is compared by content, however it is told", () => {
    const one = recordedValue(Buffer.from("one"));
    const none = recordedValue(undefined);
    expect(sameValue(one, byHash(one))).toBe(true);
    expect(sameValue(byHash(one), byHash(recordedValue(Buffer.from("two"))))).toBe(false);
    expect(sameValue(none, recordedValue(Buffer.from("")))).toBe(false);
    expect(sameValue(none, byHash(none))).toBe(true);
  });
});

describe("the key of a record", () => {
  it("sorts by time", () => {
    const early = historyKey("web", operationId(999_999_999_999, "ff"));
    const late = historyKey("web", operationId(1_000_000_000_000, "00"));
    expect(early < late).toBe(true);
    expect(readHistoryKey(late)).toEqual({ service: "web", id: "1000000000000-00" });
    expect(timeOfId("1000000000000-00")).toBe(1_000_000_000_000);
  });

  it.each(["history/web", "history/web/", "history//a", "history/web/a/b", "weights/web/a"])(
    "is not %s",
    (key) => {
      expect(readHistoryKey(key)).toBeUndefined();
    },
  );

  it("of somebody else tells no time", () => {
    expect(timeOfId("mine")).toBeUndefined();
  });
});
