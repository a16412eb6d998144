import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { historyRows, inOrder, type StoredRecord } from "../../../../src/store/history/chain.ts";
import type { RecordedChange } from "../../../../src/store/history/record.ts";
import { recordedValue } from "../../../../src/store/history/recorded-value.ts";
import { type UndoTarget, undoPlan } from "../../../../src/store/history/undo-plan.ts";

type Text = string | undefined;

const told = (text: Text) => recordedValue(text === undefined ? undefined : Buffer.from(text));

const change = (before: Text, after: Text, key = "weights/web"): RecordedChange => ({
  key,
  before: told(before),
  after: told(after),
});

const stored = (revision: number, ...changes: RecordedChange[]): StoredRecord => ({
  revision: BigInt(revision),
  record: { id: `r${revision}`, by: "ann", atMs: revision, why: "", changes, evidence: undefined },
});

const now = (text: Text, key = "weights/web") =>
  new Map([[key, text === undefined ? undefined : Buffer.from(text)]]);

function planned(
  records: readonly StoredRecord[],
  current: ReadonlyMap<string, Uint8Array | undefined>,
  target: UndoTarget,
  force = false,
): Readonly<Record<string, Text>> | string {
  const plan = undoPlan(records, current, target, force);
  if (!plan.ok) return plan.error;
  const values = new Map<string, Text>();
  for (const [key, value] of plan.value.values) {
    values.set(key, value === undefined ? undefined : Buffer.from(value).toString());
  }
  return Object.fromEntries(values);
}

const last: UndoTarget = { kind: "last" };
const at = (revision: number): UndoTarget => ({ kind: "revision", revision: BigInt(revision) });
const record = (id: string): UndoTarget => ({ kind: "record", id });

/** 90/10, then 50/50, then 0/100. */
const chain = [
  stored(5, change(undefined, "90")),
  stored(7, change("90", "50")),
  stored(9, change("50", "0")),
];

describe("undo of the last change", () => {
  it("puts back what was there before it", () => {
    expect(planned(chain, now("0"), last)).toEqual({ "weights/web": "50" });
  });

  it("removes what the change has made", () => {
    expect(planned(chain.slice(0, 1), now("90"), last)).toEqual({ "weights/web": undefined });
  });

  it("touches only what the change has touched", () => {
    const wider = [stored(3, change("a", "b", "routes/web")), ...chain];
    const current = new Map([...now("0"), ...now("b", "routes/web")]);
    expect(planned(wider, current, last)).toEqual({ "weights/web": "50" });
  });

  it("refuses when somebody has written since, unless it is forced", () => {
    expect(planned(chain, now("33"), last)).toBe(
      "weights/web was changed since, and no record tells by whom; force puts it back all the same",
    );
    expect(planned(chain, now("33"), last, true)).toEqual({ "weights/web": "50" });
    expect(planned(chain, now(undefined), last)).toContain("was changed since");
  });

  it("does not mind what was written without a record before it", () => {
    const broken = [stored(5, change(undefined, "90")), stored(9, change("50", "0"))];
    expect(planned(broken, now("0"), last)).toEqual({ "weights/web": "50" });
  });

  it("has nothing to do where nothing differs, or nothing is recorded", () => {
    expect(planned([stored(5, change("1", "1"))], now("1"), last)).toBe(
      "nothing differs: undo of r5 changes nothing",
    );
    expect(planned([], now("1"), last)).toBe("there is no record of a change");
  });

  it("cannot restore what the record has the hash of only", () => {
    const long = "x".repeat(100_000);
    const records = [stored(5, change(long, "1"))];
    expect(planned(records, now("1"), last, true)).toBe(
      "weights/web had 100000 bytes, of which the record has the hash only",
    );
  });
});

describe("undo to a revision", () => {
  it.each([
    [5, "90"],
    [6, "90"],
    [7, "50"],
    [8, "50"],
  ])("%i is the state as of then", (revision, expected) => {
    expect(planned(chain, now("0"), at(revision))).toEqual({ "weights/web": expected });
  });

  it("of now changes nothing", () => {
    expect(planned(chain, now("0"), at(9))).toBe(
      "nothing differs: undo to revision 9 changes nothing",
    );
  });

  it("refuses what is older than the records", () => {
    expect(planned(chain, now("0"), at(4))).toBe(
      "the records begin at revision 5: what was before is not known",
    );
  });

  it("refuses where a record is missing, unless it is forced", () => {
    const broken = [stored(5, change(undefined, "90")), stored(9, change("50", "0"))];
    expect(planned(broken, now("0"), at(7))).toBe(
      "a record of weights/web is missing: what it was then is not known; force takes the one before",
    );
    expect(planned(broken, now("0"), at(7), true)).toEqual({ "weights/web": "90" });
  });

  it("refuses when somebody has written since, unless it is forced", () => {
    expect(planned(chain, now("33"), at(7))).toContain("weights/web was changed since");
    expect(planned(chain, now("33"), at(9), true)).toEqual({ "weights/web": "0" });
  });
});

describe("undo to a record", () => {
  it("is the state that it left", () => {
    expect(planned(chain, now("0"), record("r7"))).toEqual({ "weights/web": "50" });
    expect(planned(chain, now("0"), record("r5"))).toEqual({ "weights/web": "90" });
    expect(planned(chain, now("0"), record("r6"))).toBe("there is no record r6");
  });

  it("is certain though somebody has written right after it", () => {
    const broken = [stored(5, change(undefined, "90")), stored(9, change("50", "0"))];
    expect(planned(broken, now("0"), record("r5"))).toEqual({ "weights/web": "90" });
  });
});

describe("the chain", () => {
  const kinds = (records: readonly StoredRecord[], current = now("0")) =>
    historyRows(records, current).map((row) =>
      row.kind === "gap" ? `gap ${JSON.stringify(row.after)}` : row.record.id,
    );

  it("has no gap where every change has a record", () => {
    expect(kinds(chain)).toEqual(["r5", "r7", "r9"]);
  });

  it("shows what was written past serin, where it was", () => {
    const broken = [stored(5, change(undefined, "90")), stored(9, change("50", "0"))];
    expect(kinds(broken)).toEqual(["r5", 'gap {"kind":"text","text":"50"}', "r9"]);
    expect(kinds(chain, now("33"))).toEqual(["r5", "r7", "r9", 'gap {"kind":"text","text":"33"}']);
    expect(kinds(chain, now(undefined))).toEqual(["r5", "r7", "r9", 'gap {"kind":"absent"}']);
  });

  it("begins anywhere: what was before the first record is no gap", () => {
    expect(kinds(chain.slice(1))).toEqual(["r7", "r9"]);
  });

  it("is in the order of the store, and of time where a folder knows none", () => {
    const shuffled = [stored(9), stored(5), stored(7)];
    expect(inOrder(shuffled).map(({ record: of }) => of.id)).toEqual(["r5", "r7", "r9"]);
    const folder = ["b", "c", "a"].map((id) => {
      const one = stored(4);
      return { ...one, record: { ...one.record, id } };
    });
    expect(inOrder(folder).map(({ record: of }) => of.id)).toEqual(["a", "b", "c"]);
  });
});

describe("random histories", () => {
  const keyNames = ["weights/web", "routes/web", "rollouts/web"] as const;
  const write = fc.record({
    key: fc.constantFrom(...keyNames),
    after: fc.option(fc.constantFrom("a", "b", "c"), { nil: undefined }),
    /** As `etcdctl put` is. */
    isRecorded: fc.boolean(),
  });

  /** States by revision, and the records of those writes that have one. */
  function play(writes: readonly { key: string; after: Text; isRecorded: boolean }[]) {
    let state: Readonly<Record<string, Text>> = {};
    const states = [state];
    const records: StoredRecord[] = [];
    for (const { key, after, isRecorded } of writes) {
      const before = state[key];
      state = { ...state, [key]: after };
      if (isRecorded) records.push(stored(states.length, change(before, after, key)));
      states.push(state);
    }
    const current = new Map(
      keyNames.map((key) => [key, state[key] === undefined ? undefined : Buffer.from(state[key])]),
    );
    return { state, states, records, current };
  }

  it("are restored exactly when every change has a record", () => {
    const recorded = write.map((each) => ({ ...each, isRecorded: true }));
    fc.assert(
      fc.property(fc.array(recorded, { minLength: 1, maxLength: 12 }), fc.nat(), (writes, pick) => {
        const { state, states, records, current } = play(writes);
        const revision = 1 + (pick % writes.length);
        const plan = planned(records, current, at(revision));
        if (typeof plan === "string") expect(plan).toMatch(/^nothing differs/);
        const restored = typeof plan === "string" ? state : { ...state, ...plan };
        expect(defined(restored)).toEqual(defined(states[revision] ?? {}));
        expect(historyRows(records, current).filter(({ kind }) => kind === "gap")).toEqual([]);
      }),
    );
  });

  it("lose nothing that the undo does not name: the undo of an undo does it again", () => {
    const recorded = write.map((each) => ({ ...each, isRecorded: true }));
    fc.assert(
      fc.property(fc.array(recorded, { minLength: 1, maxLength: 12 }), (writes) => {
        const { state, records, current } = play(writes);
        const first = planned(records, current, last);
        if (typeof first === "string") return;
        const after = { ...state, ...first };
        const undone = stored(
          writes.length + 1,
          ...Object.keys(first).map((key) => change(state[key], after[key], key)),
        );
        const values = new Map(
          keyNames.map((key) => {
            const text = after[key];
            return [key, text === undefined ? undefined : Buffer.from(text)];
          }),
        );
        const second = planned([...records, undone], values, last);
        expect(typeof second === "string" ? second : defined({ ...after, ...second })).toEqual(
          defined(state),
        );
      }),
    );
  });

  it("with writes that have none never end in a value that nobody has written", () => {
    fc.assert(
      fc.property(fc.array(write, { minLength: 1, maxLength: 12 }), fc.nat(), (writes, pick) => {
        const { states, records, current } = play(writes);
        const revision = pick % (writes.length + 1);
        for (const force of [false, true]) {
          const plan = planned(records, current, at(revision), force);
          if (typeof plan === "string") continue;
          for (const [key, text] of Object.entries(plan)) {
            expect(states.map((state) => state[key])).toContain(text);
          }
        }
      }),
    );
  });

  const defined = (state: Readonly<Record<string, Text>>) =>
    Object.fromEntries(Object.entries(state).filter(([, text]) => text !== undefined));
});
