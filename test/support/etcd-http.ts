/**
 * Etcd over its JSON gateway: a way to read and write that shares no code with the store under test.
 * Keys and values are text here; integers are etcd's decimal strings.
 */
export interface EtcdHttp {
  put(key: string, value: string): Promise<bigint>;
  /** Writes `count` keys, many at a time; revisions come in no particular order. */
  putMany(count: number, pair: (i: number) => readonly [string, string]): Promise<void>;
  del(key: string, options?: { readonly prefix?: boolean }): Promise<void>;
  /** One revision: puts where there is a value, deletes where there is none. */
  txn(writes: readonly (readonly [string, string | undefined])[]): Promise<bigint>;
  compact(revision: bigint): Promise<void>;
  /** Linearizable; everything under the prefix. */
  range(prefix: string): Promise<readonly EtcdKv[]>;
  /** Any other call, for example `auth/enable`. */
  call(path: string, body: object): Promise<unknown>;
  /** The token to send; undefined sends none. */
  token: string | undefined;
}

export interface EtcdKv {
  readonly key: string;
  readonly value: Uint8Array;
  readonly modRevision: bigint;
  readonly createRevision: bigint;
  readonly version: number;
}

const parallel = 32;
const base64 = (text: string) => Buffer.from(text).toString("base64");

interface RawKv {
  readonly key: string;
  readonly value?: string;
  readonly mod_revision: string;
  readonly create_revision: string;
  readonly version: string;
}

/** `endpoint` is `host:port`. */
export function etcdHttp(endpoint: string): EtcdHttp {
  const call = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(`http://${endpoint}/v3/${path}`, {
      method: "POST",
      body: JSON.stringify(body),
      headers: api.token === undefined ? {} : { Authorization: api.token },
      signal: AbortSignal.timeout(20_000),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${text}`);
    return JSON.parse(text);
  };
  const revisionOf = (answer: unknown) =>
    BigInt((answer as { header: { revision: string } }).header.revision);

  const api: EtcdHttp = {
    token: undefined,
    call,
    put: async (key, value) =>
      revisionOf(await call("kv/put", { key: base64(key), value: base64(value) })),
    putMany: async (count, pair) => {
      let next = 0;
      const worker = async () => {
        for (let i = next++; i < count; i = next++) await api.put(...pair(i));
      };
      await Promise.all(Array.from({ length: Math.min(parallel, count) }, worker));
    },
    del: async (key, { prefix = false } = {}) => {
      const end = prefix ? { range_end: base64(endOf(key)) } : {};
      await call("kv/deleterange", { key: base64(key), ...end });
    },
    txn: async (writes) =>
      revisionOf(
        await call("kv/txn", {
          success: writes.map(([key, value]) =>
            value === undefined
              ? { request_delete_range: { key: base64(key) } }
              : { request_put: { key: base64(key), value: base64(value) } },
          ),
        }),
      ),
    compact: async (revision) => {
      await call("kv/compaction", { revision: String(revision), physical: true });
    },
    range: async (prefix) => {
      const body = { key: base64(prefix), range_end: base64(endOf(prefix)) };
      const { kvs = [] } = (await call("kv/range", body)) as { kvs?: readonly RawKv[] };
      return kvs.map((kv) => ({
        key: Buffer.from(kv.key, "base64").toString(),
        value: new Uint8Array(Buffer.from(kv.value ?? "", "base64")),
        modRevision: BigInt(kv.mod_revision),
        createRevision: BigInt(kv.create_revision),
        version: Number(kv.version),
      }));
    },
  };
  return api;
}

/** For prefixes that end in a plain ASCII character, as in tests. */
function endOf(prefix: string): string {
  const last = prefix.charCodeAt(prefix.length - 1);
  return prefix.slice(0, -1) + String.fromCharCode(last + 1);
}
