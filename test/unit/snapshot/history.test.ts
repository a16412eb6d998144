import { describe, expect, it } from "vitest";
import { History } from "../../../src/snapshot/history.ts";
import type { ResourceChange } from "../../../src/snapshot/view.ts";
import { CDS } from "./resources.ts";

const changes = (count: number): readonly ResourceChange[] =>
  Array.from({ length: count }, (_, n) => ({
    typeUrl: CDS,
    name: `c${n}`,
    kind: "added",
    version: "1",
  }));

const step = (revision: bigint, count: number) => ({
  revision,
  atMs: 0,
  view: "v",
  changes: changes(count),
});

describe("History", () => {
  it("keeps the last entries, oldest first, and the first changes of each", () => {
    const history = new History({ entries: 2, changesPerEntry: 3 });
    for (const revision of [1n, 2n, 3n]) history.add(step(revision, Number(revision) + 1));
    expect(history.entries()).toEqual([
      { ...step(2n, 3), omitted: 0 },
      { ...step(3n, 3), omitted: 1 },
    ]);
  });

  it("leaves out steps that changed nothing", () => {
    const history = new History({ entries: 2, changesPerEntry: 3 });
    history.add(step(1n, 0));
    expect(history.entries()).toEqual([]);
  });
});
