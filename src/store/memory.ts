/**
 * The store in this process's memory: the embedded default, the demo, and the model of the contract
 * that the other stores are held to. Revisions start at 1 and grow by one per effective transaction,
 * as in etcd.
 */
import { type Clock, systemClock } from "../lib/clock.ts";
import { ok, type Result } from "../lib/result.ts";
import { applyChange, isEmptyChange } from "./change.ts";
import { Fanout } from "./fanout.ts";
import { scanFolder } from "./folder.ts";
import { Grants } from "./grants.ts";
import type {
  Entry,
  Lease,
  Store,
  StoreChange,
  StoreError,
  StoreSink,
  StoreState,
  Transaction,
  TransactionOutcome,
  Watch,
  Write,
} from "./store.ts";
import { checkTransaction, comparesHold } from "./transaction.ts";

export interface MemoryOptions {
  readonly clock?: Clock;
  /** Keys and values to begin with. */
  readonly seed?: ReadonlyMap<string, Uint8Array>;
}

/** A memory store that begins with the files of `dir`, read once. */
export async function seededMemoryStore(
  dir: string,
  clock: Clock = systemClock,
): Promise<Result<MemoryStore, string>> {
  const scan = await scanFolder(dir);
  if (!scan.ok) return scan;
  const seed = new Map([...scan.value.files].map(([key, file]) => [key, file.value]));
  return ok(new MemoryStore({ clock, seed }));
}

export class MemoryStore implements Store {
  readonly description = "memory";
  readonly #entries = new Map<string, Entry>();
  readonly #grants: Grants;
  readonly #fanout = new Fanout();
  #revision = 1n;

  constructor(options: MemoryOptions = {}) {
    this.#grants = new Grants(options.clock ?? systemClock, async (keys) => {
      this.#commit(keys.map((key) => ({ kind: "delete", key })));
    });
    for (const [key, value] of options.seed ?? []) {
      this.#entries.set(key, { key, value, modRevision: 1n, createRevision: 1n });
    }
  }

  async get(key: string): Promise<Result<Entry | undefined, StoreError>> {
    return ok(this.#entries.get(key));
  }

  async list(keyPrefix: string): Promise<Result<StoreState, StoreError>> {
    const matching = [...this.#entries].filter(([key]) => key.startsWith(keyPrefix));
    return ok({ revision: this.#revision, entries: new Map(matching) });
  }

  watch(sink: StoreSink): Watch {
    return this.#fanout.add(sink, { revision: this.#revision, entries: this.#entries });
  }

  async transact(transaction: Transaction): Promise<Result<TransactionOutcome, StoreError>> {
    const checked = checkTransaction(transaction);
    if (!checked.ok) return checked;
    const refusal = this.#grants.refusal(transaction.writes);
    if (refusal !== undefined) return refusal;
    if (!comparesHold(transaction.compare, this.#entries)) {
      return ok({ committed: false, revision: this.#revision });
    }
    this.#commit(transaction.writes);
    return ok({ committed: true, revision: this.#revision });
  }

  async lease(ttlSeconds: number): Promise<Result<Lease, StoreError>> {
    return this.#grants.grant(ttlSeconds);
  }

  async close(): Promise<void> {
    this.#grants.close();
    this.#fanout.closeAll();
  }

  #commit(writes: readonly Write[]): void {
    const revision = this.#revision + 1n;
    const change = changeOf(writes, this.#entries, revision);
    if (isEmptyChange(change)) return;
    this.#grants.attach(writes);
    this.#revision = revision;
    applyChange(this.#entries, change);
    this.#fanout.change(change);
  }
}

function changeOf(
  writes: readonly Write[],
  entries: ReadonlyMap<string, Entry>,
  revision: bigint,
): StoreChange {
  const puts: Entry[] = [];
  const deletes: string[] = [];
  for (const write of writes) {
    const old = entries.get(write.key);
    if (write.kind === "put") {
      const { key } = write;
      const value = Uint8Array.from(write.value);
      const createRevision = old?.createRevision ?? revision;
      puts.push({ key, value, modRevision: revision, createRevision });
    } else if (old !== undefined) {
      deletes.push(write.key);
    }
  }
  return { revision, puts, deletes };
}
