/** Leases of etcd: granted, confirmed one at a time, and revoked. Nothing renews itself here. */
import type { ILeaseKeepAliveResponse } from "etcd3";
import { err, ok, type Result } from "../lib/result.ts";
import type { EtcdClient } from "./etcd-client.ts";
import type { Lease, StoreError } from "./store.ts";

export async function grantLease(
  client: EtcdClient,
  ttlSeconds: number,
  timeoutMs: number,
): Promise<Result<Lease, StoreError>> {
  if (!Number.isInteger(ttlSeconds) || ttlSeconds <= 0) {
    return err({ kind: "refused", message: "a lease lives for a whole number of seconds, > 0" });
  }
  const granted = await client.write((etcd) => etcd.leaseClient.leaseGrant({ TTL: ttlSeconds }));
  if (!granted.ok) return err(client.storeError(granted.error, "write"));
  const id = granted.value.ID;
  return ok({
    id,
    // Etcd raises a time that is shorter than its election takes.
    ttlSeconds: Number(granted.value.TTL),
    keepAlive: () => keepAlive(client, id, timeoutMs),
    revoke: () => revoke(client, id),
  });
}

async function revoke(client: EtcdClient, id: string): Promise<Result<void, StoreError>> {
  const revoked = await client.write((etcd) => etcd.leaseClient.leaseRevoke({ ID: id }));
  return revoked.ok ? ok(undefined) : err(client.storeError(revoked.error, "write"));
}

/** One request and its answer; a TTL of 0 says that the lease is gone. */
async function keepAlive(
  client: EtcdClient,
  id: string,
  timeoutMs: number,
): Promise<Result<void, StoreError>> {
  const answer = await client.read(async (etcd) => {
    const stream = await etcd.leaseClient.leaseKeepAlive({ deadline: Date.now() + timeoutMs });
    return new Promise<ILeaseKeepAliveResponse>((resolve, reject) => {
      stream.on("data", (response) => {
        resolve(response);
        stream.cancel();
      });
      stream.on("error", reject);
      stream.on("end", () => reject(new Error("14 UNAVAILABLE: etcd ended the stream")));
      stream.write({ ID: id });
    });
  });
  if (!answer.ok) return err(client.storeError(answer.error, "read"));
  if (Number(answer.value.TTL) > 0) return ok(undefined);
  return err({ kind: "refused", message: `etcd ${client.endpoint}: lease ${id} is gone` });
}
