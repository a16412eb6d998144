import type { Entry } from "../../src/store/store.ts";
import type { EtcdHttp } from "./etcd-http.ts";
import { eventually } from "./wait.ts";

/**
 * Compares what a watcher accumulated with a linearizable read of etcd, key by key: presence,
 * modification and creation revision, and value. Returns the differences, in words.
 */
export async function differencesFromEtcd(
  etcd: EtcdHttp,
  entries: ReadonlyMap<string, Entry>,
  prefix = "/serin/",
): Promise<readonly string[]> {
  const found: string[] = [];
  const seen = new Set<string>();
  for (const kv of await etcd.range(prefix)) {
    const key = kv.key.slice(prefix.length);
    seen.add(key);
    const own = entries.get(key);
    if (own === undefined) found.push(`${key}: missing, etcd has revision ${kv.modRevision}`);
    else if (own.modRevision !== kv.modRevision) {
      found.push(`${key}: at revision ${own.modRevision}, etcd at ${kv.modRevision}`);
    } else if (own.createRevision !== kv.createRevision) {
      found.push(`${key}: created at ${own.createRevision}, in etcd at ${kv.createRevision}`);
    } else if (Buffer.compare(own.value, kv.value) !== 0) found.push(`${key}: another value`);
  }
  for (const key of entries.keys()) {
    if (!seen.has(key)) found.push(`${key}: not in etcd`);
  }
  return found;
}

/** Waits until there is no difference; fails with the first few that remain. */
export async function convergesWithEtcd(
  etcd: EtcdHttp,
  entries: ReadonlyMap<string, Entry>,
  timeoutMs = 10_000,
): Promise<void> {
  await eventually(
    async () => {
      const found = await differencesFromEtcd(etcd, entries);
      if (found.length === 0) return true;
      throw new Error(`${found.length} differences: ${found.slice(0, 5).join("; ")}`);
    },
    { what: "the watcher to equal etcd", timeoutMs, intervalMs: 100 },
  );
}
