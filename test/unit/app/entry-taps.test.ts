import { describe, expect, it } from "vitest";
import { type EntryTap, EntryTaps } from "../../../src/app/entry-taps.ts";
import type { Entry, StoreChange } from "../../../src/store/store.ts";

const entry = (key: string, revision = 1n): Entry => ({
  key,
  value: new Uint8Array(),
  modRevision: revision,
  createRevision: 1n,
});

const state = (revision: bigint, ...keys: readonly string[]) => ({
  revision,
  entries: new Map(keys.map((key) => [key, entry(key)])),
});

const change = (
  revision: bigint,
  puts: readonly string[],
  deletes: readonly string[] = [],
): StoreChange => ({ revision, puts: puts.map((key) => entry(key, revision)), deletes });

/** Keeps what it is told, as text. */
function recorder(onCall: () => void = () => {}): { readonly tap: EntryTap; told: string[] } {
  const told: string[] = [];
  const tap: EntryTap = {
    start({ revision, entries }) {
      told.push(`start ${revision}: ${[...entries.keys()].join(" ")}`);
      onCall();
    },
    change({ revision, puts, deletes }) {
      const keys = [...puts.map(({ key }) => key), ...deletes.map((key) => `-${key}`)];
      told.push(`${revision}: ${keys.join(" ")}`);
      onCall();
    },
  };
  return { tap, told };
}

describe("taps", () => {
  it("get the part under their prefixes, and nothing of other revisions", () => {
    const taps = new EntryTaps();
    const { tap, told } = recorder();
    taps.add(["status/load/", "history/"], tap);
    taps.start(state(5n, "status/load/a", "weights/web", "status/controller"));
    taps.change(change(6n, ["weights/web"]));
    taps.change(change(7n, ["history/web/1", "weights/web"], ["status/load/a", "status/load"]));
    expect(told).toEqual(["start 5: status/load/a", "7: history/web/1 -status/load/a"]);
    expect([...taps.entries.keys()]).toEqual(["weights/web", "status/controller", "history/web/1"]);
    expect(taps.entries.get("weights/web")?.modRevision).toBe(7n);
  });

  it("that come later start at once, with what there is", () => {
    const taps = new EntryTaps();
    taps.start(state(5n, "a/1"));
    taps.change(change(6n, ["a/2"]));
    const { tap, told } = recorder();
    taps.add(["a/"], tap);
    expect(told).toEqual(["start 6: a/1 a/2"]);
  });

  it("that come inside a call have that revision in their start, and are not told it twice", () => {
    const taps = new EntryTaps();
    const late = [recorder(), recorder()];
    let calls = 0;
    const early = recorder(() => {
      const next = late[calls];
      calls += 1;
      if (next !== undefined) taps.add(["a/"], next.tap);
    });
    taps.add(["a/"], early.tap);
    taps.start(state(1n, "a/1"));
    taps.change(change(2n, ["a/2"]));
    taps.change(change(3n, ["a/3"]));
    expect(early.told).toEqual(["start 1: a/1", "2: a/2", "3: a/3"]);
    expect(late.map(({ told }) => told)).toEqual([
      ["start 1: a/1", "2: a/2", "3: a/3"],
      ["start 2: a/1 a/2", "3: a/3"],
    ]);
  });

  it("that were ended are told nothing, not even in the same revision", () => {
    const taps = new EntryTaps();
    const second = recorder();
    let end = (): void => {};
    let changes = 0;
    const first = recorder(() => {
      changes += 1;
      if (changes === 2) end();
    });
    taps.add(["a/"], first.tap);
    end = taps.add(["a/"], second.tap);
    taps.start(state(1n));
    taps.change(change(2n, ["a/1"]));
    expect(first.told).toEqual(["start 1: ", "2: a/1"]);
    expect(second.told).toEqual(["start 1: "]);
  });
});
