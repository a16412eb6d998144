/** The path of a release, which `serin dev` walks over and over. */
import type { Store } from "../store/store.ts";
import { demoService } from "./dev-scene.ts";

const weightsKey = `weights/${demoService}`;

const path = [
  { v1: 100, v2: 0 },
  { v1: 90, v2: 10 },
  { v1: 50, v2: 50 },
  { v1: 0, v2: 100 },
] as const;

/** The weights in force, as `v1=90 v2=10`. */
export async function currentWeights(store: Store): Promise<string> {
  const read = await store.get(weightsKey);
  if (!read.ok || read.value === undefined) return "by tags";
  const weights: unknown = JSON.parse(Buffer.from(read.value.value).toString());
  return Object.entries(Object(weights))
    .map(([subset, weight]) => `${subset}=${weight}`)
    .join(" ");
}

/** Writes the next weights, as long as nobody else wrote in between. */
export class Walk {
  readonly #store: Store;
  #index = -1;
  #revision: bigint | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** False when somebody else has taken over. */
  async step(): Promise<boolean> {
    const read = await this.#store.get(weightsKey);
    const modRevision = read.ok ? (read.value?.modRevision ?? 0n) : 0n;
    if (this.#revision !== undefined && modRevision !== this.#revision) return false;
    this.#index = (this.#index + 1) % path.length;
    const value = Buffer.from(JSON.stringify(path[this.#index]));
    const done = await this.#store.transact({
      compare: [{ key: weightsKey, modRevision }],
      writes: [{ kind: "put", key: weightsKey, value }],
    });
    if (!done.ok || !done.value.committed) return false;
    this.#revision = done.value.revision;
    return true;
  }
}
