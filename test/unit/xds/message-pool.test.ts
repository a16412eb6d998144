import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResourceTable } from "../../../src/snapshot/resource-table.ts";
import { MessagePool, type Taker } from "../../../src/xds/message-pool.ts";
import { nameSet } from "../../../src/xds/name-set.ts";
import type { Push } from "../../../src/xds/push.ts";
import { seed } from "../../support/seed.ts";
import { CDS, resource } from "../snapshot/resources.ts";

const newPool = (messagesMax = 4): MessagePool =>
  new MessagePool({
    controlPlane: "test",
    messagesMax,
    bytesMax: 40_000,
    unsharedBytes: 4_000,
  });

/** One that asks for `names`, and has been sent messages up to `after`. */
const taker = (after = 0, names = nameSet(["a"])): Taker => ({ names, after });

const newTable = (): ResourceTable => {
  const table = new ResourceTable(CDS, 100);
  table.write({ puts: [resource(CDS, "a")], deletes: [] });
  return table;
};

const pushOf = (table: ResourceTable, shareKey: string | undefined): Push => ({
  shareKey,
  generation: table.generation,
  adds: false,
  renewed: "all",
  content: () => ({ version: "1", resources: [...table.resources()], removed: [] }),
});

describe("MessagePool", () => {
  it("encodes once for streams in the same position", () => {
    const [pool, table] = [newPool(), newTable()];
    const first = pool.take("delta", table, pushOf(table, "k"), taker());
    expect(pool.take("delta", table, pushOf(table, "k"), taker())).toBe(first);
    expect(pool.encodings).toBe(1);
  });

  it("encodes anew for another key, variant, table or generation, or without a key", () => {
    const [pool, table] = [newPool(), newTable()];
    const seen = new Set([
      pool.take("delta", table, pushOf(table, "k"), taker()),
      pool.take("delta", table, pushOf(table, "l"), taker()),
      pool.take("sotw", table, pushOf(table, "k"), taker()),
      pool.take("delta", newTable(), pushOf(table, "k"), taker()),
      pool.take("delta", table, pushOf(table, undefined), taker()),
      pool.take("delta", table, pushOf(table, undefined), taker()),
    ]);
    table.write({ puts: [resource(CDS, "b")], deletes: [] });
    seen.add(pool.take("delta", table, pushOf(table, "k"), taker()));
    expect(seen.size).toBe(7);
    expect(new Set([...seen].map(({ nonce }) => nonce)).size).toBe(7);
  });

  it("takes the content of a pooled message that has too old a nonce", () => {
    const [pool, table] = [newPool(), newTable()];
    const first = pool.take("delta", table, pushOf(table, "k"), taker());
    const second = pool.take("delta", table, pushOf(table, "k"), taker(first.serial));
    expect(second.content).toBe(first.content);
    expect(second.serial).toBeGreaterThan(first.serial);
    // Those that come later share the newer one.
    expect(pool.take("delta", table, pushOf(table, "k"), taker(first.serial))).toBe(second);
  });

  it("keeps no more messages than it may", () => {
    const [pool, table] = [newPool(2), newTable()];
    const take = (key: string) => pool.take("delta", table, pushOf(table, key), taker());
    const [a] = [take("a"), take("b"), take("c")];
    expect(take("a")).not.toBe(a);
  });

  describe("of large messages", () => {
    const large = (): ResourceTable => {
      const table = newTable();
      table.write({ puts: [resource(CDS, "large", "x".repeat(6_000))], deletes: [] });
      return table;
    };

    it("keeps what a second stream takes, and nothing for the first one", () => {
      const [pool, table] = [newPool(), large()];
      const take = () => pool.take("delta", table, pushOf(table, "k"), taker());
      take();
      expect(pool.bytes).toBeLessThan(1_000);
      const second = take();
      expect(pool.bytes).toBeGreaterThan(12_000);
      expect(take()).toBe(second);
      expect(pool.encodings).toBe(2);
    });

    it("knows a key of any length, and keeps none", () => {
      const [pool, table] = [newPool(), newTable()];
      const key = "k".repeat(1_000_000);
      const message = pool.take("delta", table, pushOf(table, key), taker());
      expect(pool.take("delta", table, pushOf(table, key), taker())).toBe(message);
      expect(pool.take("delta", table, pushOf(table, `${key}l`), taker())).not.toBe(message);
      expect(pool.bytes).toBeLessThan(2_000);
    });

    it("keeps no more bytes than it may, of all tables together", () => {
      const pool = newPool(100);
      const tables = Array.from({ length: 10 }, large);
      const take = (table: ResourceTable) => pool.take("delta", table, pushOf(table, "k"), taker());
      for (const table of tables) {
        for (let times = 0; times < 3; times += 1) take(table);
        expect(pool.bytes).toBeLessThan(40_000);
      }
      // The newest are there, and the oldest are not.
      expect(pool.encodings).toBe(20);
      for (const table of tables.slice(-3)) take(table);
      expect(pool.encodings).toBe(20);
      for (const table of tables.slice(0, 3)) take(table);
      expect(pool.encodings).toBe(23);
    });

    it("keeps none of an older generation", () => {
      const [pool, table] = [newPool(), large()];
      const take = () => pool.take("delta", table, pushOf(table, "k"), taker());
      for (let times = 0; times < 2; times += 1) take();
      table.write({ puts: [], deletes: ["large"] });
      take();
      expect(pool.bytes).toBeLessThan(1_000);
    });
  });

  it("never gives a stream a nonce twice, whatever the order of streams and keys", () => {
    const step = fc.record({
      stream: fc.nat(3),
      key: fc.constantFrom("a", "b", "c", undefined),
      change: fc.boolean(),
    });
    const property = fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const [pool, table] = [newPool(2), newTable()];
      const serials = new Map<number, number>();
      const nonces = new Map<number, Set<string>>();
      steps.forEach(({ stream, key, change }, n) => {
        if (change) table.write({ puts: [resource(CDS, `r${n}`)], deletes: [] });
        const push = pushOf(table, key);
        const message = pool.take("delta", table, push, taker(serials.get(stream)));
        serials.set(stream, message.serial);
        const used = nonces.get(stream) ?? new Set();
        expect(used.has(message.nonce)).toBe(false);
        nonces.set(stream, used.add(message.nonce));
        expect(message.content.resources).toEqual([...table.resources()]);
      });
    });
    fc.assert(property, { seed, numRuns: 300 });
  });
});
