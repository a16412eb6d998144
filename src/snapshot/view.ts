/**
 * What one group of proxies sees: a table per type. Views are interned by what selects them (the
 * gateways of a node), so that their number is that of the groups and not of the streams; they
 * share the resources, which are encoded once.
 */
import type { Bundles, TypeWrites } from "./bundle-diff.ts";
import { drained, type Lookup, neededBy, referenceKey } from "./drain.ts";
import { type Generations, Milestones } from "./milestones.ts";
import type { Reference, Resource } from "./resource.ts";
import { ResourceTable } from "./resource-table.ts";
import { isPutOff, type ProgressOf, type RetireTimes } from "./retirement.ts";
import { type PutOff, Retirements } from "./retirements.ts";
import { changedListeners, scopesKept, scopesLeft } from "./scopes.ts";
import { pushRank, type TypeUrl, typeUrls } from "./type-url.ts";
import { type SnapshotUpdate, ViewContent, type Writes } from "./view-content.ts";

/** What changed in a view at one revision, in push order. */
export interface ResourceChange {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  /** `retiring`: will be removed, or lose its last endpoint, once no route needs it. */
  readonly kind: "added" | "changed" | "removed" | "retiring";
  /** Version now in force; the last one for `removed` and `retiring`. */
  readonly version: string;
}

export interface ViewLimits {
  readonly changeLogEntries: number;
  readonly milestones: number;
}

export class View {
  readonly key: string;
  readonly #limits: ViewLimits;
  readonly #tables = new Map<TypeUrl, ResourceTable>();
  readonly #retiring = new Retirements();
  readonly #content = new ViewContent();
  readonly #milestones: Milestones;

  constructor(key: string, limits: ViewLimits) {
    this.key = key;
    this.#limits = limits;
    this.#milestones = new Milestones(limits.milestones);
  }

  /** Store revision that the view reflects; undefined before the first content. */
  get revision(): bigint | undefined {
    return this.#milestones.revision;
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

  /** Everything, in push order, with what is retiring. */
  *resources(): Iterable<Resource> {
    for (const table of this.tables()) yield* table.resources();
  }

  /** What the view is to hold of a type, once nothing is put off any more. */
  *wanted(typeUrl: TypeUrl): Iterable<Resource> {
    for (const resource of this.table(typeUrl).resources()) {
      const waiting = this.#retiring.get(resource);
      const wanted = waiting === undefined ? resource : waiting.next;
      if (wanted !== undefined) yield wanted;
    }
  }

  /** Replaces the content; what would take traffic's ground away is put off (`sweep`). */
  apply(revision: bigint, bundles: Bundles, nowMs: number): readonly ResourceChange[] {
    return this.#take(revision, this.#content.replace(bundles), nowMs);
  }

  /** Changes single resources, by the same rules. */
  update(revision: bigint, update: SnapshotUpdate, nowMs: number): readonly ResourceChange[] {
    return this.#take(revision, this.#content.update(update), nowMs);
  }

  #take(revision: bigint, writes: Writes, nowMs: number): readonly ResourceChange[] {
    const before = this.#generations();
    const listeners = writes.get(typeUrls.listener);
    const touched = [...(listeners?.puts.keys() ?? []), ...(listeners?.deletes ?? [])];
    const changed = touched.map((name) => this.#lookup(typeUrls.listener, name));
    const after = (name: string): Resource | undefined => listeners?.puts.get(name);
    const leaving = changedListeners(changed, after);
    const known = { scopes: this.#scopes(), retiring: this.#retiring };
    const scopes = scopesKept(leaving, writes.get(typeUrls.scopedRoute), known);
    const drains = drained(changed, after, this.#lookup, scopes);
    this.#retiring.drain(drains, nowMs);
    const kept = new Set([...this.#secretsKept(writes), ...scopes.map(referenceKey)]);
    const byRank = [...writes].sort(([a], [b]) => pushRank(a) - pushRank(b));
    const changes: ResourceChange[] = [];
    const putOff: PutOff[] = [];
    for (const [typeUrl, write] of byRank) {
      changes.push(...this.#write(typeUrl, write, putOff, kept));
    }
    // The tables that stopped needing these have their new generations only now.
    for (const step of putOff) this.#retire(step, nowMs);
    this.#milestones.add({ revision, generations: this.#generations(), before });
    return changes;
  }

  readonly #lookup: Lookup = (typeUrl, name) => this.#tables.get(typeUrl)?.get(name);

  #scopes(): Iterable<Resource> {
    return this.#tables.get(typeUrls.scopedRoute)?.resources() ?? [];
  }

  /** Secrets that go, but that retiring clusters need: a new proxy could not warm those without. */
  #secretsKept(writes: ReadonlyMap<TypeUrl, TypeWrites>): ReadonlySet<string> {
    const kept = new Set<string>();
    if ((writes.get(typeUrls.secret)?.deletes.size ?? 0) === 0) return kept;
    const going = [...(writes.get(typeUrls.cluster)?.deletes ?? [])];
    for (const { typeUrl, name } of this.#retiring.steps()) {
      if (typeUrl === typeUrls.cluster) going.push(name);
    }
    for (const name of going) {
      for (const need of this.#lookup(typeUrls.cluster, name)?.needs ?? []) {
        if (need.typeUrl === typeUrls.secret) kept.add(referenceKey(need));
      }
    }
    return kept;
  }

  #write(
    typeUrl: TypeUrl,
    write: TypeWrites,
    putOff: PutOff[],
    kept: ReadonlySet<string>,
  ): readonly ResourceChange[] {
    const table = this.#keptTable(typeUrl);
    const changes: ResourceChange[] = [];
    const isWaiting = (name: string, next: Resource | undefined): boolean => {
      const before = table.get(name);
      if (this.#retiring.keep({ typeUrl, name }, next)) return true;
      this.#retiring.drop({ typeUrl, name });
      const isKept = next === undefined && kept.has(referenceKey({ typeUrl, name }));
      if (before === undefined || !(isKept || isPutOff(before, next))) return false;
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

  #retire(step: PutOff, nowMs: number): void {
    this.#retiring.putOff(step, {
      sinceMs: nowMs,
      listenerGeneration: this.table(typeUrls.listener).generation,
      routeGeneration: this.table(typeUrls.route).generation,
      scopeGeneration: this.#tables.get(typeUrls.scopedRoute)?.generation ?? 0,
      runtimeGeneration: this.#tables.get(typeUrls.runtime)?.generation ?? 0,
    });
  }

  /**
   * A proxy comes here from another view. The clusters that it may still use, and what they need,
   * are put here as retiring: they go once it has the listeners and routes of this view, and has
   * drained those of the other. `most`: as many clusters may retire here.
   */
  adopt(from: View, nowMs: number, most: number): readonly ResourceChange[] {
    const listeners = [...from.table(typeUrls.listener).resources()];
    const after = (name: string): Resource | undefined => this.#lookup(typeUrls.listener, name);
    const leaving = changedListeners(listeners, after);
    const scopes = scopesLeft(leaving, from.#scopes(), this.#scopes()).slice(0, most);
    const drains = drained(listeners, after, from.#lookup, scopes);
    this.#retiring.drainFrom(from.#retiring, drains, nowMs);
    const clusters = [...from.table(typeUrls.cluster).resources()].filter((one) =>
      this.#isPassing(one),
    );
    const isDrained = (one: Resource): number => (this.#retiring.isDrained(one) ? 0 : 1);
    clusters.sort((a, b) => isDrained(a) - isDrained(b));
    const taken = new Map(scopes.map((one) => [referenceKey(one), one]));
    for (const cluster of clusters.slice(0, most)) {
      for (const { typeUrl, name } of [...neededBy(cluster), cluster]) {
        const one = from.#lookup(typeUrl, name);
        if (one !== undefined && this.#isPassing(one)) taken.set(referenceKey(one), one);
      }
    }
    return [...taken.values()].map((before) => {
      const { typeUrl, name, version } = before;
      this.#keptTable(typeUrl).write({ puts: [before], deletes: [] });
      this.#retire({ before, next: undefined }, nowMs);
      return { typeUrl, name, kind: "retiring", version };
    });
  }

  /** Not here, or not for long. */
  #isPassing(one: Reference): boolean {
    const waiting = this.#retiring.get(one);
    if (waiting !== undefined) return waiting.next === undefined;
    return this.#lookup(one.typeUrl, one.name) === undefined;
  }

  /** Takes the steps whose time has come; returns what they changed. */
  sweep(progressOf: ProgressOf, nowMs: number, times: RetireTimes): readonly ResourceChange[] {
    const changes: ResourceChange[] = [];
    for (const { typeUrl, name, next } of this.#retiring.release(progressOf, nowMs, times)) {
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
    const milestone = this.#milestones.at(revision);
    return milestone === undefined ? undefined : (milestone.generations.get(typeUrl) ?? 0);
  }

  /**
   * Names of `typeUrl` that the build of `revision` itself changed; undefined where that is not
   * known any more, or not yet.
   */
  changedAt(revision: bigint, typeUrl: TypeUrl): ReadonlySet<string> | undefined {
    const milestone = this.#milestones.at(revision);
    if (milestone === undefined) return undefined;
    const { before, generations } = milestone;
    return this.table(typeUrl).changedBetween(
      before.get(typeUrl) ?? 0,
      generations.get(typeUrl) ?? 0,
    );
  }

  #generations(): Generations {
    return new Map([...this.#tables].map(([typeUrl, table]) => [typeUrl, table.generation]));
  }
}

const serinTypes: ReadonlySet<TypeUrl> = new Set(Object.values(typeUrls));
