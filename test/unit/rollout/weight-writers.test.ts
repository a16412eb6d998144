import { describe, expect, it } from "vitest";
import type { ServiceName } from "../../../src/model/names.ts";
import { WeightWriters } from "../../../src/rollout/weight-writers.ts";
import { encodeRecord, historyKey, operationId } from "../../../src/store/history/record.ts";
import type { Entry } from "../../../src/store/store.ts";
import { entry } from "../store/decode-entries.ts";

const web = "web" as ServiceName;

/** Counts how often all of it is looked through. */
class Counted extends Map<string, Entry> {
  scans = 0;

  override values() {
    this.scans += 1;
    return super.values();
  }
}

function record(service: string, by: string, revision: bigint): Entry {
  const id = operationId(Number(revision), "0a");
  const absent = { kind: "absent" } as const;
  const changes = [{ key: "weights/web", before: absent, after: absent }];
  const value = encodeRecord({ id, by, why: "", atMs: 1, changes, evidence: undefined });
  return entry(historyKey(service, id), value, revision);
}

describe("who has written weights", () => {
  it("is known by the record of the same revision, and looked for once", () => {
    const entries = new Counted();
    for (const each of [
      record("web", "ann", 5n),
      record("other", "eve", 7n),
      record("web", "bob", 7n),
    ]) {
      entries.set(each.key, each);
    }
    const writers = new WeightWriters();
    const written = entry("weights/web", { v1: 1 }, 7n);
    for (let look = 0; look < 1_000; look++) expect(writers.of(web, written, entries)).toBe("bob");
    expect(entries.scans).toBe(1);
    const again = entry("weights/web", { v1: 1 }, 9n);
    for (let look = 0; look < 1_000; look++) {
      expect(writers.of(web, again, entries)).toBeUndefined();
    }
    expect(entries.scans).toBe(2);
    expect(writers.of(web, undefined, entries)).toBeUndefined();
  });
});
