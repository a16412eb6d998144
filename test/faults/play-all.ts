/** Several worlds at the same time, each under a prefix of its own: they wait for most of their lives. */
import type { Etcd } from "../support/etcd.ts";
import type { Run } from "./fault-plan.ts";
import { type Played, play } from "./play.ts";
import { startWorld } from "./world.ts";

export async function playAll(
  etcd: Etcd,
  runs: readonly Run[],
  atOnce: number,
  told: (played: Played) => void,
): Promise<readonly Played[]> {
  const left = [...runs.entries()];
  const all: Played[] = [];
  // To start two replicas is the one thing that takes much of the machine: no two worlds do it at once.
  let starting: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(start: () => Promise<T>): Promise<T> => {
    const started = starting.then(start);
    starting = started.catch(() => undefined);
    return started;
  };
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const [index, run] = next;
      const played = await inTurn(() => startWorld(etcd, `/faults/${index}/`, run))
        .then((world) => play(etcd, world, run))
        .catch((error: unknown) => {
          throw new Error(`run ${run.name}`, { cause: error });
        });
      all.push(played);
      told(played);
    }
  };
  await Promise.all(Array.from({ length: Math.min(atOnce, runs.length) }, worker));
  return all;
}
