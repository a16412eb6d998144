import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SubsetName } from "../../../src/model/names.ts";
import {
  type GuardStatus,
  type RolloutStatus,
  thisRevision,
} from "../../../src/model/rollout-status.ts";
import {
  decodeGuardStatus,
  decodeRolloutStatus,
  encodeGuardStatus,
  encodeRolloutStatus,
} from "../../../src/store/decode/status-codec.ts";

const time = fc.nat({ max: 8_000_000_000_000 });
const count = fc.nat();
const name = fc.stringMatching(/^[a-zA-Z0-9]([-_.a-zA-Z0-9]{0,8}[a-zA-Z0-9])?$/);
const sentence = fc
  .string({ unit: "grapheme", maxLength: 40 })
  .map((text) => text.replace(/[\p{Cc}\p{Cs}]/gu, ""));
const maybe = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.option(of, { nil: undefined });

const tally = fc.record({
  successful: count,
  failed: count,
  inconclusive: count,
  errors: count,
  consecutiveErrors: count,
  lastAtMs: time,
});

const byName = <T>(of: fc.Arbitrary<T>) =>
  fc.dictionary(name, of, { maxKeys: 4 }).map((fields) => new Map(Object.entries(fields)));

const bySubset = <T>(of: fc.Arbitrary<T>): fc.Arbitrary<ReadonlyMap<SubsetName, T>> =>
  byName(of).map((map) => new Map([...map].map(([key, value]) => [key as SubsetName, value])));

const status: fc.Arbitrary<RolloutStatus> = fc.record({
  specHash: name,
  phase: fc.constantFrom("Progressing", "Paused", "Degraded", "Healthy"),
  step: count,
  stepStartedMs: time,
  writtenRevision: maybe(fc.nat().map(String)),
  writtenStep: maybe(fc.nat()),
  reachedMs: maybe(time),
  canaryPercent: fc.constantFrom(0, 0.07, 33.33, 100),
  weights: maybe(bySubset(count)),
  waits: maybe(fc.record({ for: fc.constantFrom("Gate", "WeightsChanged"), sinceMs: time })),
  idleMs: time,
  held: fc.boolean(),
  promoted: fc.constantFrom("no", "step", "full"),
  aborted: maybe(fc.record({ atMs: time, by: sentence, reason: sentence })),
  tallies: byName(tally).map(
    (tallies) =>
      new Map([...tallies].map(([key, of], i) => [`${i % 2 ? "background/" : ""}${key}`, of])),
  ),
  message: sentence,
  operation: name,
});

const stored = (value: Uint8Array, modRevision = 77n) => ({ value, modRevision });
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const plain: RolloutStatus = {
  specHash: "a",
  phase: "Progressing",
  step: 0,
  stepStartedMs: 5,
  writtenRevision: thisRevision,
  reachedMs: undefined,
  canaryPercent: 5,
  weights: new Map([["v1" as SubsetName, 95]]),
  waits: undefined,
  idleMs: 0,
  held: false,
  promoted: "no",
  aborted: undefined,
  tallies: new Map(),
  message: "",
  operation: "o",
};

describe("the status of a release in the store", () => {
  it("is read as it was written", () => {
    fc.assert(
      fc.property(status, (each) => {
        expect(decodeRolloutStatus(stored(encodeRolloutStatus(each)))).toEqual({
          ok: true,
          value: each,
        });
      }),
    );
  });

  it("has the revision of its own write where it stands for it", () => {
    const read = decodeRolloutStatus(stored(encodeRolloutStatus(plain), 4_711n));
    expect(read).toEqual({ ok: true, value: { ...plain, writtenRevision: "4711" } });
  });

  it.each([
    ["", "the value is empty"],
    ["[]", "expected an object, got an empty list"],
    ["{}", "specHash: expected a string"],
    ["nonsense", "expected an object"],
  ])("that is %j is a reason", (text, reason) => {
    const read = decodeRolloutStatus(stored(bytes(text)));
    expect(read.ok ? "" : read.error).toContain(reason);
  });

  it.each([
    ["phase", "Happy", "phase: expected one of"],
    ["step", -1, "step: expected an integer"],
    ["step", 1.5, "step: expected an integer"],
    ["stepStartedMs", 9e15, "stepStartedMs: expected an integer"],
    ["writtenRevision", "soon", "writtenRevision: expected"],
    ["writtenRevision", 5, "writtenRevision: expected"],
    ["canaryPercent", 101, "canaryPercent: expected a number from 0 to 100"],
    ["weights", { "a b": 1 }, "weights"],
    ["weights", { v1: -1 }, "weights.v1"],
    ["waits", { for: "Godot", sinceMs: 1 }, "waits.for: expected one of"],
    ["tallies", { "other/x": {} }, "tallies"],
    ["message", 5, "message: expected a string"],
    ["later", true, "later: this field is not known"],
  ])("with %s as %j is a reason", (field, value, reason) => {
    const object: unknown = JSON.parse(new TextDecoder().decode(encodeRolloutStatus(plain)));
    const text = JSON.stringify({ ...(object as object), [field]: value });
    const read = decodeRolloutStatus(stored(bytes(text)));
    expect(read.ok ? "" : read.error).toContain(reason);
  });

  it("is never a throw", () => {
    const anything = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc.json().map(bytes),
      fc.tuple(status, fc.nat(), fc.nat({ max: 255 })).map(([each, at, byte]) => {
        const value = encodeRolloutStatus(each);
        value[at % value.length] = byte;
        return value;
      }),
    );
    fc.assert(
      fc.property(anything, (value) => {
        decodeRolloutStatus(stored(value));
        decodeGuardStatus({ value });
      }),
      { numRuns: 500 },
    );
  });
});

describe("the status of guards in the store", () => {
  const guards: fc.Arbitrary<GuardStatus> = fc.record({
    retried: bySubset(time),
    latched: bySubset(fc.record({ atMs: time, guard: name, evidence: sentence })),
    operation: name,
  });

  it("is read as it was written", () => {
    fc.assert(
      fc.property(guards, (each) => {
        const value = encodeGuardStatus(each);
        expect(decodeGuardStatus({ value })).toEqual({ ok: true, value: each });
      }),
    );
  });

  it("that is wrong is a reason", () => {
    const value = bytes('{"latched":{"v2":{"atMs":1,"guard":"g"}},"operation":"o"}');
    const read = decodeGuardStatus({ value });
    expect(read.ok ? "" : read.error).toContain("latched.v2.evidence: expected a string");
  });
});
