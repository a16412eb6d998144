/**
 * The store in a folder of YAML and JSON files, for GitOps: one file is one key. A whole scan is one
 * change, and a scan that fails keeps the last good state. Revisions count the changes that this
 * process saw; they begin at the wall clock, so that a guard taken before a restart does not hold by
 * chance after it. Keys under a lease are no files: this process alone sees them, and they go with it,
 * so that none is left over; a folder is for one process that leads (docs/adr/0028-one-controller.md).
 */
import { stat } from "node:fs/promises";
import { limits } from "../config/limits.ts";
import { type Clock, systemClock } from "../lib/clock.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { applyChange, isEmptyChange, sameBytes } from "./change.ts";
import { Fanout } from "./fanout.ts";
import { writeFiles } from "./file-write.ts";
import { type FolderScan, scanFolder } from "./folder.ts";
import { FolderWatch } from "./folder-watch.ts";
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

export interface FileOptions {
  readonly clock?: Clock;
}

interface Leased {
  readonly value: Uint8Array;
  readonly leaseId: string;
}

/** Fails only when `dir` is not a directory; faults of its content come as health. */
export async function openFileStore(
  dir: string,
  options: FileOptions = {},
): Promise<Result<FileStore, string>> {
  try {
    if (!(await stat(dir)).isDirectory()) return err(`${dir} is not a directory`);
  } catch (error) {
    return err(`cannot read ${dir}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return ok(new FileStore(dir, options));
}

export class FileStore implements Store {
  readonly description: string;
  readonly #dir: string;
  readonly #clock: Clock;
  readonly #fanout = new Fanout();
  readonly #events: FolderWatch;
  readonly #entries = new Map<string, Entry>();
  readonly #grants: Grants;
  readonly #leased = new Map<string, Leased>();
  #scan: FolderScan | undefined;
  #revision: bigint;
  #failure: string | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #cancelScan: () => void = () => undefined;
  #closed = false;
  #eventSeen = false;

  constructor(dir: string, options: FileOptions = {}) {
    this.#dir = dir;
    this.description = `file:${dir}`;
    this.#clock = options.clock ?? systemClock;
    this.#revision = BigInt(Math.floor(this.#clock.wallMs()));
    this.#grants = new Grants(this.#clock, (_keys, leaseId) => this.#drop(leaseId));
    this.#events = new FolderWatch(dir, () => this.#onEvent());
    this.#scanAfter(0);
  }

  async get(key: string): Promise<Result<Entry | undefined, StoreError>> {
    return this.#inTurn(async () => {
      const fresh = await this.#rescan();
      return fresh.ok ? ok(this.#entries.get(key)) : fresh;
    });
  }

  async list(keyPrefix: string): Promise<Result<StoreState, StoreError>> {
    return this.#inTurn(async () => {
      const fresh = await this.#rescan();
      if (!fresh.ok) return fresh;
      const matching = [...this.#entries].filter(([key]) => key.startsWith(keyPrefix));
      return ok({ revision: this.#revision, entries: new Map(matching) });
    });
  }

  watch(sink: StoreSink): Watch {
    const state = { revision: this.#revision, entries: this.#entries };
    return this.#fanout.add(sink, this.#scan === undefined ? undefined : state);
  }

  /**
   * Each file is replaced atomically; several files of one transaction are seen as one change by
   * this process, but a crash in the middle may leave some of them written.
   */
  async transact(transaction: Transaction): Promise<Result<TransactionOutcome, StoreError>> {
    const checked = checkTransaction(transaction);
    if (!checked.ok) return checked;
    return this.#inTurn(async () => {
      const fresh = await this.#rescan();
      if (!fresh.ok) return fresh;
      if (!comparesHold(transaction.compare, this.#entries)) {
        return ok({ committed: false, revision: this.#revision });
      }
      return this.#grants.refusal(transaction.writes) ?? this.#write(transaction.writes);
    });
  }

  async lease(ttlSeconds: number): Promise<Result<Lease, StoreError>> {
    return this.#grants.grant(ttlSeconds);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelScan();
    this.#grants.close();
    this.#fanout.closeAll();
    await this.#turn;
    this.#events.close();
  }

  async #write(writes: readonly Write[]): Promise<Result<TransactionOutcome, StoreError>> {
    const files = this.#scan?.files ?? new Map();
    const written = await writeFiles(this.#dir, toFiles(writes), files);
    if (!written.ok && written.error.kind === "refused") return written;
    this.#attach(writes);
    const touched = new Set(writes.map(({ key }) => key));
    const seen = await this.#rescan(written.ok ? touched : undefined);
    if (!written.ok) return written;
    if (!seen.ok) return err({ kind: "ambiguous", message: seen.error.message });
    return ok({ committed: true, revision: this.#revision });
  }

  #attach(writes: readonly Write[]): void {
    this.#grants.attach(writes);
    for (const write of writes) {
      this.#leased.delete(write.key);
      if (write.kind !== "put" || write.lease === undefined) continue;
      const value = Uint8Array.from(write.value);
      this.#leased.set(write.key, { value, leaseId: write.lease.id });
    }
  }

  #drop(leaseId: string): Promise<void> {
    return this.#inTurn(async () => {
      for (const [key, leased] of this.#leased) {
        if (leased.leaseId === leaseId) this.#leased.delete(key);
      }
      await this.#rescan();
    });
  }

  /** Events do not push the scan further away: a folder under constant writes is still read. */
  #onEvent(): void {
    if (this.#eventSeen) return;
    this.#scanAfter(limits.store.folderQuietMs);
    this.#eventSeen = true;
  }

  #scanAfter(ms: number): void {
    if (this.#closed) return;
    this.#cancelScan();
    this.#eventSeen = false;
    this.#cancelScan = this.#clock.after(ms, () => {
      this.#eventSeen = false;
      void this.#inTurn(() => this.#rescan());
    });
  }

  /** Scans and transactions take turns, so that neither sees the other half done. */
  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#turn.then(task);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Keys in `touched` count as changed even where their bytes are the same. */
  async #rescan(touched?: ReadonlySet<string>): Promise<Result<void, StoreError>> {
    if (this.#closed) return err({ kind: "unavailable", message: `${this.description} is closed` });
    const scan = await scanFolder(this.#dir, this.#scan);
    if (!this.#eventSeen) this.#scanAfter(limits.store.folderRescanMs);
    if (!scan.ok) return this.#fail(scan.error);
    const first = this.#scan === undefined;
    this.#scan = scan.value;
    this.#events.follow(scan.value.directories);
    const change = this.#changeTo(scan.value, touched);
    applyChange(this.#entries, change);
    if (!isEmptyChange(change)) this.#revision = change.revision;
    if (first) this.#fanout.start({ revision: this.#revision, entries: this.#entries });
    else if (!isEmptyChange(change)) this.#fanout.change(change);
    this.#recover();
    return ok(undefined);
  }

  #changeTo(scan: FolderScan, touched: ReadonlySet<string> | undefined): StoreChange {
    const revision = this.#revision + 1n;
    const puts: Entry[] = [];
    const values = this.#valuesOf(scan);
    for (const [key, value] of values) {
      const old = this.#entries.get(key);
      if (old !== undefined && !touched?.has(key) && sameBytes(old.value, value)) continue;
      const createRevision = old?.createRevision ?? revision;
      puts.push({ key, value, modRevision: revision, createRevision });
    }
    const deletes = [...this.#entries.keys()].filter((key) => !values.has(key));
    return { revision, puts, deletes };
  }

  #valuesOf({ files }: FolderScan): ReadonlyMap<string, Uint8Array> {
    const values = new Map<string, Uint8Array>();
    for (const { key, value } of files.values()) values.set(key, value);
    for (const [key, { value }] of this.#leased) values.set(key, value);
    return values;
  }

  #fail(reason: string): Result<never, StoreError> {
    const effect =
      this.#scan === undefined
        ? "nothing is served yet; trying again"
        : "the last good state stays in force";
    const message = `${this.description}: ${reason}; ${effect}`;
    if (this.#failure !== message) this.#fanout.health({ connected: false, message });
    this.#failure = message;
    return err({ kind: "unavailable", message });
  }

  #recover(): void {
    if (this.#failure === undefined) return;
    this.#failure = undefined;
    this.#fanout.health({ connected: true, message: `${this.description}: read again` });
  }
}

/** What is left of the writes in the folder: a key that goes under a lease is a file no longer. */
const toFiles = (writes: readonly Write[]): readonly Write[] =>
  writes.map((write) =>
    write.kind === "put" && write.lease !== undefined ? { kind: "delete", key: write.key } : write,
  );
