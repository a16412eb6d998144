/**
 * The releases of `serin dev`: v2 again and again, from 0 to 100 %, until somebody takes the service in
 * hand. serin moves the weights; here is only when the next release begins.
 */

import { commitAct, newOperation, type ReadKey } from "../store/act.ts";
import { parseValue } from "../store/decode/parse.ts";
import { decodeRolloutStatus } from "../store/decode/status-codec.ts";
import { decodeRecord, readHistoryKey } from "../store/history/record.ts";
import { rolloutStatusKey } from "../store/status-keys.ts";
import type { Entry, Store, StoreChange } from "../store/store.ts";
import { demoService } from "./dev-scene.ts";

const serviceKey = `services/${demoService}`;
const rolloutKey = `rollouts/${demoService}`;
const weightsKey = `weights/${demoService}`;
const statusKey = rolloutStatusKey(demoService);

/** What serin, its guards and this demo call themselves in the history. */
const ownAuthor = /^(?:serin dev$|release of |guard |analysis |webhook )/;

export interface DevReleaseOptions {
  readonly store: Store;
  /** Pause of each step, and rest between two releases. */
  readonly stepSeconds: number;
  /** Whom alerts go to. */
  readonly alertUrl: string;
  say(line: string): void;
  /** Called for every weight that is set, the first one included; `1` is the first. */
  onWeights(count: number): void;
}

const stable = "v1";
const canary = "v2";

/** In per cent, in turns: another plan is another release, and the same one would be complete already. */
const plans = [
  [10, 50],
  [10, 40, 70],
] as const;

export class DevReleases {
  readonly #options: DevReleaseOptions;
  readonly #watch: { close(): Promise<void> };
  #releases = 0;
  #weights = "by tags";
  #weightsSet = 0;
  /** Of the rollout as it was written here; undefined: none was yet. */
  #begunAt: bigint | undefined;
  #inHand = false;
  #rest: NodeJS.Timeout | undefined;

  constructor(options: DevReleaseOptions) {
    this.#options = options;
    this.#watch = options.store.watch({
      start: ({ entries, revision }) =>
        this.#change({ revision, puts: [...entries.values()], deletes: [] }),
      change: (change) => this.#change(change),
      health: () => undefined,
    });
    this.#restThenBegin();
  }

  /** The weights in force, as `v1=90 v2=10`. */
  get weights(): string {
    return this.#weights;
  }

  async close(): Promise<void> {
    clearTimeout(this.#rest);
    await this.#watch.close();
  }

  #change({ puts }: StoreChange): void {
    for (const entry of puts) {
      if (entry.key === weightsKey) this.#weightsPut(entry);
      else if (entry.key === statusKey) this.#statusPut(entry);
      else if (this.#isOfSomebody(entry)) this.#takenInHand();
    }
  }

  #weightsPut({ value }: Entry): void {
    const weights = parseValue(value);
    const before = this.#weights;
    this.#weights = Object.entries(Object(weights.ok ? weights.value : {}))
      .map(([subset, weight]) => `${subset}=${weight}`)
      .join(" ");
    if (this.#weights === before) return;
    this.#weightsSet += 1;
    this.#options.onWeights(this.#weightsSet);
  }

  #statusPut(entry: Entry): void {
    if (this.#begunAt === undefined || entry.modRevision < this.#begunAt) return;
    const status = decodeRolloutStatus(entry);
    if (!status.ok) return;
    // A guard may still find v2 bad when it has everything.
    if (status.value.aborted !== undefined) clearTimeout(this.#rest);
    else if (status.value.phase === "Healthy") this.#restThenBegin();
  }

  #isOfSomebody({ key, value }: Entry): boolean {
    const record = readHistoryKey(key);
    if (record === undefined) return false;
    const decoded = decodeRecord(record.id, value);
    return decoded.ok && !ownAuthor.test(decoded.value.by);
  }

  #takenInHand(): void {
    if (this.#inHand) return;
    this.#inHand = true;
    clearTimeout(this.#rest);
    this.#options.say(`${demoService} is in your hands: no release begins by itself any more`);
  }

  #restThenBegin(): void {
    if (this.#inHand) return;
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => void this.#begin(), this.#options.stepSeconds * 1_000);
  }

  async #begin(): Promise<void> {
    const { store } = this.#options;
    const keys = [rolloutKey, serviceKey, weightsKey];
    const read: ReadKey[] = [];
    for (const key of keys) {
      const found = await store.get(key);
      read.push({ key, entry: found.ok ? found.value : undefined });
    }
    const atMs = Date.now();
    const done = await commitAct(store, {
      ...{ service: demoService, operation: newOperation(atMs), atMs, read },
      ...{ by: "serin dev", why: `${canary} is released` },
      writes: [
        put(rolloutKey, rollout(plans[this.#releases % plans.length] ?? plans[0], this.#options)),
        put(serviceKey, { subsets: [{ name: stable }, { name: canary, fallback: stable }] }),
        put(weightsKey, { [stable]: 100, [canary]: 0 }),
      ],
    });
    if (done.kind !== "done") return;
    this.#begunAt = done.revision;
    this.#releases += 1;
  }
}

const put = (key: string, value: object) =>
  ({ kind: "put", key, value: Buffer.from(JSON.stringify(value)) }) as const;

const rollout = (
  weights: readonly number[],
  { alertUrl, stepSeconds }: Pick<DevReleaseOptions, "alertUrl" | "stepSeconds">,
): object => ({
  strategy: {
    canary: {
      stableSubset: stable,
      canarySubset: canary,
      steps: weights.flatMap((setWeight) => [
        { setWeight },
        { pause: { duration: `${stepSeconds}s` } },
      ]),
    },
  },
  guard: [{}],
  alerts: [{ severity: "info", webhook: { url: alertUrl } }],
});
