import { createHash } from "node:crypto";
import { etcdHttp } from "./etcd-http.ts";
import type { Serin } from "./serin.ts";
import { eventually } from "./wait.ts";

/** One key as `/v1/objects` tells it; the value only as its SHA-256, since it may be a secret. */
interface ObjectReport {
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly sha256: string;
}

/**
 * Compares what a running server has read with a linearizable read of etcd, key by key: presence,
 * revisions, value. Returns the differences, in words.
 */
export async function serverDifferences(
  server: Serin,
  endpoint: string,
  prefix = "/serin/",
): Promise<readonly string[]> {
  const objects = await server.api<readonly ObjectReport[]>("/v1/objects");
  const own = new Map(objects.map((object) => [object.key, object]));
  const found: string[] = [];
  for (const kv of await etcdHttp(endpoint).range(prefix)) {
    const key = kv.key.slice(prefix.length);
    const object = own.get(key);
    own.delete(key);
    const sha256 = createHash("sha256").update(kv.value).digest("hex");
    if (object === undefined) found.push(`${key}: missing`);
    else if (BigInt(object.modRevision) !== BigInt(kv.modRevision)) {
      found.push(`${key}: at revision ${object.modRevision}, etcd at ${kv.modRevision}`);
    } else if (BigInt(object.createRevision) !== BigInt(kv.createRevision)) {
      found.push(`${key}: created at ${object.createRevision}, in etcd at ${kv.createRevision}`);
    } else if (object.sha256 !== sha256) found.push(`${key}: another value`);
  }
  for (const key of own.keys()) found.push(`${key}: not in etcd`);
  return found;
}

/** Waits until there is no difference; fails with the first few that remain. */
export async function serverEqualsEtcd(
  server: Serin,
  endpoint: string,
  timeoutMs = 15_000,
): Promise<void> {
  await eventually(
    async () => {
      const found = await serverDifferences(server, endpoint);
      if (found.length === 0) return true;
      throw new Error(`${found.length} differences: ${found.slice(0, 5).join("; ")}`);
    },
    { what: "the server's state to equal etcd", timeoutMs, intervalMs: 100 },
  );
}
