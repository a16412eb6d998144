/**
 * A process of its own that stands for leader of an etcd, and while it leads adds one to a weight again
 * and again: `contender.ts NAME HOST:PORT PREFIX TTL_SECONDS`. Each act says by whom and in which term
 * it was; a process can be stopped and killed as no object of this process can.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { actAsLeader } from "../../src/rollout/act.ts";
import { Leader } from "../../src/rollout/leader.ts";
import { newOperation } from "../../src/store/act.ts";
import { openEtcdStore } from "../../src/store/etcd.ts";

/** A line of its output. */
export type ContenderLine =
  | { readonly event: "elected" | "lost"; readonly term: number; readonly why?: string }
  | { readonly event: "act"; readonly kind: string };

const [name = "", host = "", prefix = "", ttl = ""] = process.argv.slice(2);
const key = "weights/web";
const betweenActsMs = 50;

const say = (line: ContenderLine): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

const opened = openEtcdStore({ hosts: [host], prefix });
if (!opened.ok) throw new Error(opened.error);
const store = opened.value;
const leader = new Leader({
  store,
  name,
  ttlSeconds: Number(ttl),
  observer: {
    elected: (term) => say({ event: "elected", term: Number(term.modRevision) }),
    lost: (term, why) => say({ event: "lost", term: Number(term.modRevision), why }),
    failed: () => undefined,
  },
});

let isStopped = false;
process.once("SIGTERM", () => {
  isStopped = true;
});

async function act(): Promise<void> {
  const term = leader.term();
  if (term === undefined) return;
  const read = await store.get(key);
  if (!read.ok) return;
  const text = Buffer.from(read.value?.value ?? []).toString() || '{"v1":0}';
  const count = (JSON.parse(text) as { readonly v1: number }).v1 + 1;
  const atMs = Date.now();
  const acted = await actAsLeader(store, leader, {
    service: "web",
    operation: newOperation(atMs),
    atMs,
    by: name,
    why: "one more",
    read: [{ key, entry: read.value }],
    writes: [{ kind: "put", key, value: Buffer.from(JSON.stringify({ v1: count })) }],
    evidence: {
      term: Number(leader.term()?.modRevision ?? 0),
      decidedIn: Number(term.modRevision),
    },
  });
  if (acted.kind !== "done") say({ event: "act", kind: acted.kind });
}

while (!isStopped) {
  await act();
  await sleep(betweenActsMs);
}
await leader.close();
await store.close();
