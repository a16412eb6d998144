import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { describe, expect, it } from "vitest";
import { ResourceTable } from "../../../src/snapshot/resource-table.ts";
import { KeptPerView } from "../../../src/xds/kept-per-view.ts";
import { nameSet } from "../../../src/xds/name-set.ts";
import { CDS, resource } from "../snapshot/resources.ts";

const names = nameSet(["a"]);

describe("what is kept for a view", () => {
  it("is found by its key and names, until the view changes", () => {
    const kept = new KeptPerView<string>({ entries: 4, bytes: 10_000 });
    const table = new ResourceTable(CDS, 10);
    kept.put(table, names, "k", { value: "one", bytes: 100 });
    expect(kept.get(table, names, "k")).toBe("one");
    expect(kept.get(table, names, "l")).toBeUndefined();
    expect(kept.get(table, nameSet(["b"]), "k")).toBeUndefined();
    expect(kept.get(new ResourceTable(CDS, 10), names, "k")).toBeUndefined();
    table.write({ puts: [resource(CDS, "a")], deletes: [] });
    expect(kept.get(table, names, "k")).toBeUndefined();
    kept.put(table, names, "l", { value: "two", bytes: 0 });
    expect(kept.bytes).toBeLessThan(600);
  });

  it("counts once where another value takes its place", () => {
    const kept = new KeptPerView<string>({ entries: 2, bytes: 10_000 });
    const table = new ResourceTable(CDS, 10);
    for (let times = 0; times < 5; times += 1) {
      kept.put(table, names, "k", { value: `${times}`, bytes: 1_000 });
    }
    kept.put(table, names, "l", { value: "other", bytes: 1_000 });
    expect(kept.get(table, names, "k")).toBe("4");
    expect(kept.bytes).toBeLessThan(3_100);
  });

  it("is the newest in each view, up to a number, and in all, up to so many bytes", () => {
    const kept = new KeptPerView<string>({ entries: 2, bytes: 10_000 });
    const tables = ["a", "b", "c"].map(() => new ResourceTable(CDS, 10));
    for (const table of tables) {
      for (const key of ["1", "2", "3"]) kept.put(table, names, key, { value: key, bytes: 2_000 });
    }
    const keys = tables.map((table) => ["1", "2", "3"].map((key) => kept.get(table, names, key)));
    expect(keys).toEqual([
      [undefined, undefined, undefined],
      [undefined, undefined, "3"],
      [undefined, "2", "3"],
    ]);
    expect(kept.bytes).toBeLessThan(10_000);
  });

  it("goes with the last who asks for its names", async () => {
    setFlagsFromString("--expose-gc");
    const collect: () => void = runInNewContext("gc");
    const kept = new KeptPerView<object>({ entries: 4, bytes: 10_000 });
    const table = new ResourceTable(CDS, 10);
    const weaklyKept = (name: string): WeakRef<object> => {
      const value = { name };
      kept.put(table, nameSet([name]), "k", { value, bytes: 0 });
      return new WeakRef(value);
    };
    const [held, other] = [nameSet(["held"]), weaklyKept("left")];
    const stays = weaklyKept("held");
    await nextTurn();
    collect();
    expect(other.deref()).toBeUndefined();
    expect(kept.get(table, held, "k")).toBe(stays.deref());
    expect(stays.deref()).toBeDefined();
  });
});
