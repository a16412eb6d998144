/** The counts of one version as they come in, and what the last seconds of them are. */
import type { Counts, SubsetSignal } from "../../src/observe/load/signal.ts";

export class Reports {
  readonly #subset: string;
  /** Sums of all counts up to a report, oldest first. */
  readonly #sums: { readonly atMs: number; readonly counts: Counts }[] = [
    { atMs: 0, counts: { ok: 0, errors: 0 } },
  ];

  constructor(subset: string) {
    this.#subset = subset;
  }

  add(atMs: number, { ok, errors }: Counts): void {
    const { counts } = this.#last;
    this.#sums.push({ atMs, counts: { ok: counts.ok + ok, errors: counts.errors + errors } });
  }

  /** The reports that came after `nowMs - lookbackMs`, the newest a moment ago. */
  signal(lookbackMs: number, nowMs: number): SubsetSignal {
    const { counts } = this.#last;
    const before = this.#upTo(nowMs - lookbackMs);
    return {
      subset: this.#subset,
      counts: { ok: counts.ok - before.ok, errors: counts.errors - before.errors },
      inProgress: 0,
      metrics: new Map(),
      ageMs: 0,
      reporters: 1,
    };
  }

  get #last(): { readonly atMs: number; readonly counts: Counts } {
    const last = this.#sums.at(-1);
    if (last === undefined) throw new Error("there is always a first sum");
    return last;
  }

  /** The sum at the last report that came at `atMs` or before. */
  #upTo(atMs: number): Counts {
    let index = this.#sums.length - 1;
    while (index > 0 && (this.#sums[index]?.atMs ?? 0) > atMs) index -= 1;
    return this.#sums[index]?.counts ?? { ok: 0, errors: 0 };
  }
}
