import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { MemoryStore, seededMemoryStore } from "../../../src/store/memory.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { RecordingSink } from "../../support/recording-sink.ts";
import { freshFolder } from "../../support/tmp.ts";
import { bytes, storeContract, value } from "./contract.ts";

describe("memory store", () => {
  storeContract(
    async () => {
      const store = new MemoryStore();
      return { store, dispose: () => store.close() };
    },
    { runs: 200 },
  );
});

describe("memory store's leases", () => {
  it("expire without confirmation, and live on with it", async () => {
    const clock = new FakeClock();
    const store = new MemoryStore({ clock });
    const sink = new RecordingSink();
    store.watch(sink);
    const lease = value(await store.lease(10));
    const write = { kind: "put", key: "endpoints/web/1", value: bytes("1"), lease } as const;
    value(await store.transact({ compare: [], writes: [write] }));
    clock.advance(9_999);
    value(await lease.keepAlive());
    clock.advance(9_999);
    expect(sink.entries.size).toBe(1);
    clock.advance(1);
    expect(sink.entries.size).toBe(0);
    expect(await lease.keepAlive()).toMatchObject({ ok: false, error: { kind: "refused" } });
  });
});

describe("memory store's seed", () => {
  it("is the files of a folder, all at the first revision", async () => {
    const dir = freshFolder("seed");
    mkdirSync(join(dir, "weights"));
    writeFileSync(join(dir, "weights/web.yaml"), "v1: 90");
    writeFileSync(join(dir, "README.md"), "not a key");
    const seeded = await seededMemoryStore(dir);
    if (!seeded.ok) throw new Error(seeded.error);
    const { entries } = value(await seeded.value.list(""));
    expect([...entries.values()]).toEqual([
      { key: "weights/web", value: bytes("v1: 90"), modRevision: 1n, createRevision: 1n },
    ]);
    rmSync(dir, { recursive: true });
  });

  it("fails in words when the folder is not there", async () => {
    const seeded = await seededMemoryStore("/nonexistent/serin");
    expect(seeded).toMatchObject({ ok: false, error: expect.stringContaining("/nonexistent") });
  });
});
