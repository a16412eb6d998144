/** Revisions of a view, and how far its tables were with each. */
import type { TypeUrl } from "./type-url.ts";

export type Generations = ReadonlyMap<TypeUrl, number>;

/** The tables' generations as of a revision. */
interface Milestone {
  readonly revision: bigint;
  readonly generations: Generations;
  /** As they were just before: what the revision itself changed lies in between. */
  readonly before: Generations;
}

/** The last revisions of a view, bounded by count; one older than these counts as the oldest. */
export class Milestones {
  readonly #most: number;
  readonly #all: Milestone[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get revision(): bigint | undefined {
    return this.#all.at(-1)?.revision;
  }

  add(step: Milestone): void {
    let { before } = step;
    // The history of a source may go back, as that of etcd does when it is restored: what came later
    // in it is nothing to compare with. The same revision once more is one step with the first.
    for (let last = this.#all.at(-1); last !== undefined; last = this.#all.at(-1)) {
      if (last.revision < step.revision) break;
      if (last.revision === step.revision) before = last.before;
      this.#all.pop();
    }
    this.#all.push({ ...step, before });
    if (this.#all.length > this.#most) this.#all.shift();
  }

  /** The first at or after `revision`. */
  at(revision: bigint): Milestone | undefined {
    return this.#all.find((one) => one.revision >= revision);
  }
}
