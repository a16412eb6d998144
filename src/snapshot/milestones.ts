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

/** A milestone that still held at a later revision, `until`: those in between changed nothing. */
type Stretch = Milestone & { until: bigint };

/**
 * The last revisions that changed a view, bounded by count; one older than these counts as the
 * oldest. Most revisions of a store change nothing in a view: these take no room.
 */
export class Milestones {
  readonly #most: number;
  readonly #all: Stretch[] = [];

  constructor(most: number) {
    this.#most = most;
  }

  get revision(): bigint | undefined {
    return this.#all.at(-1)?.until;
  }

  add(step: Milestone): void {
    const { revision, generations } = step;
    const before = this.#cutAt(revision) ?? step.before;
    const last = this.#all.at(-1);
    if (last !== undefined && same(last.generations, generations)) {
      last.until = revision;
      return;
    }
    // What held until now, and beyond this revision, ends where another content begins.
    if (last !== undefined && last.until >= revision) last.until = revision - 1n;
    this.#all.push({ revision, generations, before, until: revision });
    if (this.#all.length > this.#most) this.#all.shift();
  }

  /** The first at or after `revision`; what only holds there still changed nothing there. */
  at(revision: bigint): Milestone | undefined {
    const found = this.#all.find(({ until }) => until >= revision);
    if (found === undefined || revision <= found.revision) return found;
    return { revision, generations: found.generations, before: found.generations };
  }

  /**
   * The history of a source may go back, as that of etcd does when it is restored: what came later
   * in it is nothing to compare with. The same revision once more is one step with the first, whose
   * `before` is returned.
   */
  #cutAt(revision: bigint): Generations | undefined {
    let before: Generations | undefined;
    for (let last = this.#all.at(-1); last !== undefined; last = this.#all.at(-1)) {
      if (last.revision < revision) break;
      if (last.revision === revision) before = last.before;
      this.#all.pop();
    }
    return before;
  }
}

function same(a: Generations, b: Generations): boolean {
  if (a.size !== b.size) return false;
  for (const [typeUrl, generation] of a) if (b.get(typeUrl) !== generation) return false;
  return true;
}
