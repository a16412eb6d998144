import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ResourceTable } from "../../../src/snapshot/resource-table.ts";
import { MessagePool } from "../../../src/xds/message-pool.ts";
import type { Push } from "../../../src/xds/type-state.ts";
import { seed } from "../../support/seed.ts";
import { CDS, resource } from "../snapshot/resources.ts";

const newPool = (messagesMax = 4): MessagePool =>
  new MessagePool({ controlPlane: "test", messagesMax });

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
    const first = pool.take("delta", table, pushOf(table, "k"), 0);
    expect(pool.take("delta", table, pushOf(table, "k"), 0)).toBe(first);
    expect(pool.encodings).toBe(1);
  });

  it("encodes anew for another key, variant, table or generation, or without a key", () => {
    const [pool, table] = [newPool(), newTable()];
    const seen = new Set([
      pool.take("delta", table, pushOf(table, "k"), 0),
      pool.take("delta", table, pushOf(table, "l"), 0),
      pool.take("sotw", table, pushOf(table, "k"), 0),
      pool.take("delta", newTable(), pushOf(table, "k"), 0),
      pool.take("delta", table, pushOf(table, undefined), 0),
      pool.take("delta", table, pushOf(table, undefined), 0),
    ]);
    table.write({ puts: [resource(CDS, "b")], deletes: [] });
    seen.add(pool.take("delta", table, pushOf(table, "k"), 0));
    expect(seen.size).toBe(7);
    expect(new Set([...seen].map(({ nonce }) => nonce)).size).toBe(7);
  });

  it("takes the content of a pooled message that has too old a nonce", () => {
    const [pool, table] = [newPool(), newTable()];
    const first = pool.take("delta", table, pushOf(table, "k"), 0);
    const second = pool.take("delta", table, pushOf(table, "k"), first.serial);
    expect(second.content).toBe(first.content);
    expect(second.serial).toBeGreaterThan(first.serial);
    // Those that come later share the newer one.
    expect(pool.take("delta", table, pushOf(table, "k"), first.serial)).toBe(second);
  });

  it("keeps no more messages than it may", () => {
    const [pool, table] = [newPool(2), newTable()];
    const take = (key: string) => pool.take("delta", table, pushOf(table, key), 0);
    const [a] = [take("a"), take("b"), take("c")];
    expect(take("a")).not.toBe(a);
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
        const message = pool.take("delta", table, push, serials.get(stream) ?? 0);
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
