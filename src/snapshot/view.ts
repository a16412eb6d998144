/**
 * What one group of proxies sees: a table per type. Views are interned by what selects them (the
 * gateways of a node), so that their number is that of the groups and not of the streams; they
 * share the resources, which are encoded once.
 */
import { type Bundles, diffBundles, type TypeWrites } from "./bundle-diff.ts";
import type { Resource } from "./resource.ts";
import { ResourceTable } from "./resource-table.ts";
import {
  isPutOff,
  keepsWaiting,
  type ProgressOf,
  type RetireTimes,
  type Retiring,
  sweep,
} from "./retirement.ts";
import { pushRank, type TypeUrl, typeUrls } from "./type-url.ts";

/** What changed in a view at one revision, in push order. */
export interface ResourceChange {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  /** `retiring`: will be removed, or lose its last endpoint, once no route needs it. */
  readonly kind: "added" | "changed" | "removed" | "retiring";
  /** Version now in force; the last one for `removed` and `retiring`. */
  readonly version: string;
}

/** The tables' generations as of a store revision. */
interface Milestone {
  readonly revision: bigint;
  readonly generations: ReadonlyMap<TypeUrl, number>;
  /** As they were just before: what the revision itself changed lies in between. */
  readonly before: ReadonlyMap<TypeUrl, number>;
}

export interface ViewLimits {
  readonly changeLogEntries: number;
  readonly milestones: number;
}

export class View {
  readonly key: string;
  readonly #limits: ViewLimits;
  readonly #tables = new Map<TypeUrl, ResourceTable>();
  readonly #retiring = new Map<string, Retiring>();
  #bundles: Bundles = new Map();
  #milestones: Milestone[] = [];

  constructor(key: string, limits: ViewLimits) {
    this.key = key;
    this.#limits = limits;
  }

  /** Store revision that the view reflects; undefined before the first content. */
  get revision(): bigint | undefined {
    return this.#milestones.at(-1)?.revision;
  }

  get retiringCount(): number {
    return this.#retiring.size;
  }

  /**
   * The table of a type. A proxy may ask for any type: one that never had a resource gets an empty
   * table that is not kept, because what proxies ask for must not add up.
   */
  table(typeUrl: TypeUrl): ResourceTable {
    const known = this.#tables.get(typeUrl);
    if (known !== undefined) return known;
    const table = new ResourceTable(typeUrl, this.#limits.changeLogEntries);
    if (serinTypes.has(typeUrl)) this.#tables.set(typeUrl, table);
    return table;
  }

  #keptTable(typeUrl: TypeUrl): ResourceTable {
    const table = this.table(typeUrl);
    this.#tables.set(typeUrl, table);
    return table;
  }

  tables(): readonly ResourceTable[] {
    return [...this.#tables.values()].sort((a, b) => pushRank(a.typeUrl) - pushRank(b.typeUrl));
  }

  /** Replaces the content; what would take traffic's ground away is put off (`sweep`). */
  apply(revision: bigint, bundles: Bundles, nowMs: number): readonly ResourceChange[] {
    const before = this.#generations();
    const writes = diffBundles(this.#bundles, bundles);
    this.#bundles = bundles;
    const byRank = [...writes].sort(([a], [b]) => pushRank(a) - pushRank(b));
    const changes: ResourceChange[] = [];
    const putOff: PutOff[] = [];
    for (const [typeUrl, write] of byRank) {
      changes.push(...this.#write(typeUrl, write, putOff));
    }
    // The tables that stopped needing these have their new generations only now.
    for (const step of putOff) this.#retire(step, nowMs);
    this.#remember(revision, before);
    return changes;
  }

  #write(typeUrl: TypeUrl, write: TypeWrites, putOff: PutOff[]): readonly ResourceChange[] {
    const table = this.#keptTable(typeUrl);
    const changes: ResourceChange[] = [];
    const isWaiting = (name: string, next: Resource | undefined): boolean => {
      const before = table.get(name);
      const waiting = this.#retiring.get(retireKey(typeUrl, name));
      if (waiting !== undefined && keepsWaiting(waiting, next)) {
        this.#retiring.set(retireKey(typeUrl, name), { ...waiting, next });
        return true;
      }
      this.#retiring.delete(retireKey(typeUrl, name));
      if (before === undefined || !isPutOff(before, next)) return false;
      putOff.push({ before, next });
      changes.push({ typeUrl, name, kind: "retiring", version: before.version });
      return true;
    };
    const deletes = [...write.deletes].filter((name) => !isWaiting(name, undefined));
    const puts = [...write.puts.values()].filter((next) => !isWaiting(next.name, next));
    const before = new Map(
      [...deletes, ...puts.map(({ name }) => name)].map((name) => [name, table.get(name)]),
    );
    for (const name of table.write({ puts, deletes })) {
      const was = before.get(name);
      const now = table.get(name);
      const kind = now === undefined ? "removed" : was === undefined ? "added" : "changed";
      changes.push({ typeUrl, name, kind, version: (now ?? was)?.version ?? "" });
    }
    return changes;
  }

  #retire({ before, next }: PutOff, nowMs: number): void {
    const { typeUrl, name } = before;
    this.#retiring.set(retireKey(typeUrl, name), {
      typeUrl,
      name,
      next,
      sinceMs: nowMs,
      listenerGeneration: this.table(typeUrls.listener).generation,
      routeGeneration: this.table(typeUrls.route).generation,
      ackedAtMs: undefined,
    });
  }

  /** Takes the steps whose time has come; returns what they changed. */
  sweep(progressOf: ProgressOf, nowMs: number, times: RetireTimes): readonly ResourceChange[] {
    const { keep, release } = sweep(this.#retiring.values(), progressOf, nowMs, times);
    this.#retiring.clear();
    for (const one of keep) this.#retiring.set(retireKey(one.typeUrl, one.name), one);
    const changes: ResourceChange[] = [];
    for (const { typeUrl, name, next } of release) {
      const table = this.table(typeUrl);
      const version = next?.version ?? table.get(name)?.version ?? "";
      if (next === undefined) table.write({ puts: [], deletes: [name] });
      else table.write({ puts: [next], deletes: [] });
      changes.push({ typeUrl, name, kind: next === undefined ? "removed" : "changed", version });
    }
    return changes;
  }

  /**
   * The generation of `typeUrl` that reflects the store at `revision`; undefined while the view is
   * older. A revision older than the memory counts as the oldest one remembered.
   */
  generationAt(revision: bigint, typeUrl: TypeUrl): number | undefined {
    const milestone = this.#milestones.find((one) => one.revision >= revision);
    return milestone === undefined ? undefined : (milestone.generations.get(typeUrl) ?? 0);
  }

  /**
   * Names of `typeUrl` that the build of `revision` itself changed; undefined where that is not
   * known any more, or not yet.
   */
  changedAt(revision: bigint, typeUrl: TypeUrl): ReadonlySet<string> | undefined {
    const milestone = this.#milestones.find((one) => one.revision >= revision);
    if (milestone === undefined) return undefined;
    const { before, generations } = milestone;
    return this.table(typeUrl).changedBetween(
      before.get(typeUrl) ?? 0,
      generations.get(typeUrl) ?? 0,
    );
  }

  #generations(): ReadonlyMap<TypeUrl, number> {
    return new Map([...this.#tables].map(([typeUrl, table]) => [typeUrl, table.generation]));
  }

  #remember(revision: bigint, before: ReadonlyMap<TypeUrl, number>): void {
    this.#milestones.push({ revision, generations: this.#generations(), before });
    if (this.#milestones.length > this.#limits.milestones) this.#milestones.shift();
  }
}

/** A step from one resource to the next, or to none, that has to wait. */
interface PutOff {
  readonly before: Resource;
  readonly next: Resource | undefined;
}

const serinTypes: ReadonlySet<TypeUrl> = new Set(Object.values(typeUrls));

const retireKey = (typeUrl: TypeUrl, name: string): string => `${typeUrl}\0${name}`;
