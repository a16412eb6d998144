import { err, ok } from "../../src/lib/result.ts";
import { MemoryStore } from "../../src/store/memory.ts";
import type { Store, StoreState } from "../../src/store/store.ts";

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

/** A store in memory that keeps its past, up to what is said to be compacted. */
export function withPast(objects: Readonly<Record<string, object>>, compacted = 0n): Store {
  const seed = new Map(Object.entries(objects).map(([key, value]) => [key, bytes(value)]));
  const memory = new MemoryStore({ seed });
  const past = new Map<bigint, StoreState>();
  const keep = async (): Promise<void> => {
    const listed = await memory.list("");
    if (listed.ok) past.set(listed.value.revision, listed.value);
  };
  return Object.assign(Object.create(memory) as MemoryStore, {
    transact: async (...of: Parameters<Store["transact"]>) => {
      await keep();
      const outcome = await memory.transact(...of);
      await keep();
      return outcome;
    },
    get: memory.get.bind(memory),
    list: memory.list.bind(memory),
    watch: memory.watch.bind(memory),
    lease: memory.lease.bind(memory),
    close: memory.close.bind(memory),
    listAt: async (revision: bigint) => {
      if (revision <= compacted)
        return err({ kind: "compacted", message: "it is compacted" } as const);
      const found = past.get(revision);
      return found === undefined ? err({ kind: "future", message: "not yet" } as const) : ok(found);
    },
  });
}
