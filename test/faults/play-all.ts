/** Several worlds at the same time, each under a prefix of its own: they wait for most of their lives. */
import type { Etcd } from "../support/etcd.ts";
import type { Run } from "./fault-plan.ts";
import { type Played, play } from "./play.ts";

export async function playAll(
  etcd: Etcd,
  runs: readonly Run[],
  atOnce: number,
  told: (played: Played) => void,
): Promise<readonly Played[]> {
  const left = [...runs.entries()];
  const all: Played[] = [];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, run] = next;
      const played = await play(etcd, `/faults/${index}/`, run).catch((error: unknown) => {
        throw new Error(`run ${run.name}`, { cause: error });
      });
      all.push(played);
      told(played);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, runs.length) }, worker));
  return all;
}
