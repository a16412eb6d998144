/** What people do to a world, by the API of a replica, or past serin. */
import { setTimeout as pause } from "node:timers/promises";
import { weightsKey } from "./etcd-act.ts";
import type { Edit } from "./fault-plan.ts";
import type { Replica, World } from "./world.ts";

/** Who speaks to releases, and who edits weights. */
export const ann = "ann";
export const bob = "bob";

const answerMs = 6_000;
const tries = 10;

const ask = async ({ serin }: Replica, path: string, body?: unknown): Promise<number> => {
  const url = `http://127.0.0.1:${serin.adminPort}${path}`;
  const signal = AbortSignal.timeout(answerMs);
  const init = body === undefined ? {} : { body: JSON.stringify(body) };
  // No answer at all counts as one that says to try again.
  return fetch(url, { method: "PUT", signal, ...init }).then(
    ({ status }) => status,
    () => 0,
  );
};

/** Until somebody has done it, or says that it is done; whom she asks first, `replicas` says. */
export async function say(
  command: "abort" | "promote",
  replicas: readonly Replica[],
): Promise<void> {
  for (let attempt = 0; attempt < tries; attempt += 1) {
    const replica = replicas[attempt % replicas.length];
    const status = replica && (await ask(replica, `/v1/rollouts/web/${command}?by=${ann}`));
    if (status === 200 || status === 409 || status === 422) return;
    await pause(500);
  }
}

/** In the middle of an act of `replica`: past serin, or by the other replica. */
export async function edit(world: World, replica: Replica, { weights, by }: Edit): Promise<void> {
  if (by === "etcdctl") {
    await world.put(weightsKey, weights);
    return;
  }
  const other = world.replicas.find((each) => each !== replica && each.serin.running) ?? replica;
  const path = `/v1/weights/web?by=${bob}&why=${encodeURIComponent("a person's edit")}`;
  const status = await ask(other, path, weights);
  if (status !== 200) throw new Error(`the edit of ${bob} was answered with ${status}`);
}
