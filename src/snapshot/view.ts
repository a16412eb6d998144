/**
 * What one group of proxies sees: a table per type. Views are interned by what selects them (the
 * gateways of a node), so that their number is that of the groups and not of the streams; they
 * share the resources, which are encoded once.
 */
import { type Bundles, diffBundles, type TypeWrites } from "./bundle-diff.ts";
import { ResourceTable } from "./resource-table.ts";
import {
  type AppliedByAll,
  type RetireTimes,
  type Retiring,
  retires,
  sweep,
} from "./retirement.ts";
import { pushRank, type TypeUrl, typeUrls } from "./type-url.ts";

/** What changed in a view at one revision, in push order. */
export interface ResourceChange {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly kind: "added" | "changed" | "removed" | "retiring";
  /** Version now in force; the last one for `removed` and `retiring`. */
  readonly version: string;
}

/** The tables' generations as of a store revision. */
interface Milestone {
  readonly revision: bigint;
  readonly generations: ReadonlyMap<TypeUrl, number>;
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

  /** Replaces the content; removals of clusters and load assignments are put off (`sweep`). */
  apply(revision: bigint, bundles: Bundles, nowMs: number): readonly ResourceChange[] {
    const writes = diffBundles(this.#bundles, bundles);
    this.#bundles = bundles;
    const byRank = [...writes].sort(([a], [b]) => pushRank(a) - pushRank(b));
    const changes: ResourceChange[] = [];
    const retired: { typeUrl: TypeUrl; name: string }[] = [];
    for (const [typeUrl, write] of byRank) {
      changes.push(...this.#write(typeUrl, write, retired));
    }
    // The tables that stopped naming these have their new generations only now.
    for (const { typeUrl, name } of retired) this.#retire(typeUrl, name, nowMs);
    this.#remember(revision);
    return changes;
  }

  #write(
    typeUrl: TypeUrl,
    write: TypeWrites,
    retired: { typeUrl: TypeUrl; name: string }[],
  ): readonly ResourceChange[] {
    const table = this.#keptTable(typeUrl);
    const changes: ResourceChange[] = [];
    const deletes: string[] = [];
    for (const name of write.deletes) {
      const version = table.get(name)?.version;
      if (version === undefined) continue;
      if (retires(typeUrl)) retired.push({ typeUrl, name });
      else deletes.push(name);
      changes.push({ typeUrl, name, kind: retires(typeUrl) ? "retiring" : "removed", version });
    }
    const before = new Set<string>();
    for (const name of write.puts.keys()) {
      this.#retiring.delete(retireKey(typeUrl, name));
      if (table.get(name) !== undefined) before.add(name);
    }
    for (const name of table.write({ puts: [...write.puts.values()], deletes })) {
      const version = write.puts.get(name)?.version;
      if (version === undefined) continue;
      changes.push({ typeUrl, name, kind: before.has(name) ? "changed" : "added", version });
    }
    return changes;
  }

  #retire(typeUrl: TypeUrl, name: string, nowMs: number): void {
    this.#retiring.set(retireKey(typeUrl, name), {
      typeUrl,
      name,
      sinceMs: nowMs,
      listenerGeneration: this.table(typeUrls.listener).generation,
      routeGeneration: this.table(typeUrls.route).generation,
      ackedAtMs: undefined,
    });
  }

  /** Lets go of retiring resources whose time has come; returns what was removed. */
  sweep(appliedByAll: AppliedByAll, nowMs: number, times: RetireTimes): readonly ResourceChange[] {
    const { keep, release } = sweep(this.#retiring.values(), appliedByAll, nowMs, times);
    this.#retiring.clear();
    for (const one of keep) this.#retiring.set(retireKey(one.typeUrl, one.name), one);
    const changes: ResourceChange[] = [];
    for (const { typeUrl, name } of release) {
      const version = this.table(typeUrl).get(name)?.version ?? "";
      this.table(typeUrl).write({ puts: [], deletes: [name] });
      changes.push({ typeUrl, name, kind: "removed", version });
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

  #remember(revision: bigint): void {
    const generations = new Map<TypeUrl, number>();
    for (const [typeUrl, table] of this.#tables) generations.set(typeUrl, table.generation);
    this.#milestones.push({ revision, generations });
    if (this.#milestones.length > this.#limits.milestones) this.#milestones.shift();
  }
}

const serinTypes: ReadonlySet<TypeUrl> = new Set(Object.values(typeUrls));

const retireKey = (typeUrl: TypeUrl, name: string): string => `${typeUrl}\0${name}`;
