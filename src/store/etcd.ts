/**
 * The store in etcd: reads and transactions over one connection, and a reflector with a connection
 * of its own for every watch. Why the etcd3 package's own watcher is not used: it loses changes
 * silently after reconnects (see the head of etcd-stream.ts for the rules that avoid it).
 */
import type { ICompare, IRequestOp, ITxnRequest } from "etcd3";
import { err, ok, type Result } from "../lib/result.ts";
import { EtcdClient } from "./etcd-client.ts";
import { grantLease } from "./etcd-lease.ts";
import { listPaged, listPast } from "./etcd-list.ts";
import {
  defaultPrefix,
  type EtcdOptions,
  effectiveLimits,
  type StoreLimits,
} from "./etcd-options.ts";
import { entryOf } from "./etcd-stream.ts";
import { Reflector } from "./etcd-watch.ts";
import type {
  Compare,
  Entry,
  Lease,
  PastFailure,
  Store,
  StoreError,
  StoreSink,
  StoreState,
  Transaction,
  TransactionOutcome,
  Watch,
  Write,
} from "./store.ts";
import { checkTransaction } from "./transaction.ts";

export type { EtcdEvent, EtcdOptions, EtcdTls } from "./etcd-options.ts";

/** Does not connect yet. Fails when options contradict or TLS files cannot be read. */
export function openEtcdStore(options: EtcdOptions): Result<EtcdStore, string> {
  const client = EtcdClient.create(options);
  return client.ok ? ok(new EtcdStore(client.value, options)) : client;
}

export class EtcdStore implements Store {
  readonly description: string;
  readonly #client: EtcdClient;
  readonly #options: EtcdOptions;
  readonly #bounds: StoreLimits;
  readonly #prefix: string;
  readonly #watches = new Set<Watch>();

  constructor(client: EtcdClient, options: EtcdOptions) {
    this.#client = client;
    this.#options = options;
    this.#bounds = effectiveLimits(options);
    this.#prefix = wholeSegment(options.prefix ?? defaultPrefix);
    const scheme = options.tls === undefined ? "etcd" : "etcds";
    this.description = `${scheme}://${options.hosts.join(",")} under ${this.#prefix}`;
  }

  async get(key: string): Promise<Result<Entry | undefined, StoreError>> {
    const range = { key: this.#full(key) };
    const answer = await this.#client.read((etcd) => etcd.kv.range(range));
    if (!answer.ok) return err(this.#client.storeError(answer.error, "read"));
    const kv = answer.value.kvs[0];
    return ok(kv === undefined ? undefined : entryOf(kv, this.#prefixBytes));
  }

  async list(keyPrefix: string): Promise<Result<StoreState, StoreError>> {
    const from = this.#full(keyPrefix);
    const request = { from, prefixBytes: this.#prefixBytes, keysOnly: false };
    const listed = await listPaged(this.#client, request, this.#bounds);
    if (!listed.ok) return listed;
    return ok({ revision: listed.value.revision, entries: listed.value.entries });
  }

  async listAt(revision: bigint): Promise<Result<StoreState, StoreError | PastFailure>> {
    const request = { from: this.#full(""), prefixBytes: this.#prefixBytes, keysOnly: false };
    const listed = await listPast(this.#client, request, this.#bounds, revision);
    return listed.ok ? ok({ revision, entries: listed.value.entries }) : listed;
  }

  watch(sink: StoreSink): Watch {
    const reflector = new Reflector(this.#client.fork(), this.#options, this.#prefix, sink);
    const watch: Watch = {
      close: async () => {
        this.#watches.delete(watch);
        await reflector.close();
      },
    };
    this.#watches.add(watch);
    return watch;
  }

  async transact(transaction: Transaction): Promise<Result<TransactionOutcome, StoreError>> {
    const checked = checkTransaction(transaction, this.#bounds);
    if (!checked.ok) return checked;
    const request: ITxnRequest = {
      compare: transaction.compare.map((compare) => this.#compare(compare)),
      success: transaction.writes.map((write) => this.#operation(write)),
    };
    const answer = await this.#client.write((etcd) => etcd.kv.txn(request));
    if (!answer.ok) return err(this.#client.storeError(answer.error, "write"));
    const revision = BigInt(answer.value.header.revision);
    return ok({ committed: answer.value.succeeded, revision });
  }

  async lease(ttlSeconds: number): Promise<Result<Lease, StoreError>> {
    return grantLease(this.#client, ttlSeconds, this.#bounds.callTimeoutMs);
  }

  async close(): Promise<void> {
    await Promise.all([...this.#watches].map((watch) => watch.close()));
    this.#client.close();
  }

  get #prefixBytes(): number {
    return Buffer.byteLength(this.#prefix);
  }

  #full(key: string): Buffer {
    return Buffer.from(this.#prefix + key);
  }

  /** Etcd gives a missing key the modification revision 0. */
  #compare({ key, modRevision }: Compare): ICompare {
    const mod_revision = String(modRevision);
    return { key: this.#full(key), target: "Mod", result: "Equal", mod_revision };
  }

  #operation(write: Write): IRequestOp {
    const key = this.#full(write.key);
    if (write.kind === "delete") return { request_delete_range: { key } };
    const lease = write.lease === undefined ? {} : { lease: write.lease.id };
    return { request_put: { key, value: Buffer.from(write.value), ...lease } };
  }
}

/** `/serin` would take `/serinade` along. */
const wholeSegment = (prefix: string): string =>
  prefix === "" || prefix.endsWith("/") ? prefix : `${prefix}/`;
