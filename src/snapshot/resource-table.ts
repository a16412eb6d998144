/**
 * The resources of one type as one view has them, with a generation counter and a log of changed
 * names. A stream remembers one generation, not a version per resource, and asks what changed
 * since: the cost of a change is the change, whatever the number of resources.
 *
 * One writer (the view) and many readers (the streams' protocol steps), all on one thread.
 */
import { assert } from "../lib/assert.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { Resource } from "./resource.ts";
import { SetDigest } from "./set-digest.ts";
import { SetDigests } from "./set-digests.ts";
import type { TypeUrl } from "./type-url.ts";

/**
 * Whether a resource existed, and for whom: `named` ones are seen by those who name them,
 * `wildcard` ones by wildcard subscriptions as well.
 */
export type Presence = "absent" | "named" | "wildcard";

/** A name that changed after some generation. */
export interface ChangedName {
  readonly name: string;
  /** Its presence at that generation: only what was present can a proxy hold. */
  readonly before: Presence;
}

/** What readers see of a table. Generation 0 is before everything: no resource existed. */
export interface ResourceView {
  readonly typeUrl: TypeUrl;
  readonly generation: number;
  readonly size: number;
  get(name: string): Resource | undefined;
  resources(): Iterable<Resource>;
  /** Names changed after `generation`; undefined when that is too long ago to be known. */
  changedSince(generation: number): readonly ChangedName[] | undefined;
  /** Version of everything that a wildcard subscription sees; equal content, equal version. */
  wildcardVersion(): string;
  /** Version of those of `names` that exist. Cheap for a set, by identity, that was asked for before. */
  versionOf(names: ReadonlySet<string>): string;
  /** Names of resources whose version other content had before: it proves nothing. */
  reusedNames(): Iterable<string>;
  /** Names of resources whose versions prove nothing to anyone who has not seen all of them. */
  unprovenNames(): Iterable<string>;
  /** The resource that has this alias. */
  byAlias(alias: string): Resource | undefined;
  /** Resources with a time to live: proxies drop them unless they are told of them again. */
  expiring(): Iterable<Resource>;
  /** How often they were to be told of them so far: another number, another time. */
  readonly beats: number;
}

interface LogEntry {
  readonly generation: number;
  readonly name: string;
  readonly before: Presence;
}

export interface TableWrite {
  readonly puts: readonly Resource[];
  readonly deletes: readonly string[];
}

export class ResourceTable implements ResourceView {
  readonly typeUrl: TypeUrl;
  readonly #logLimit: number;
  readonly #byName = new Map<string, Resource>();
  /** Names whose content changed while the user's version stayed, or that were gone meanwhile. */
  readonly #reused = new Set<string>();
  /** Names that had a version of the user's when they went. */
  readonly #gone = new Set<string>();
  /** Names whose version is the user's. */
  readonly #unproven = new Set<string>();
  /** Of those with a time to live, ms. */
  readonly #ttls = new Map<string, number>();
  /** Names by alias. */
  readonly #aliases = new Map<string, string>();
  #beats = 0;
  #log: LogEntry[] = [];
  /** Changes at or before this generation are no longer in the log. */
  #logStart = 0;
  #generation = 0;
  #wildcardDigest: SetDigest | undefined;
  readonly #digests = new SetDigests((name) => this.#byName.get(name), digestsMax);

  constructor(typeUrl: TypeUrl, logLimit: number) {
    this.typeUrl = typeUrl;
    this.#logLimit = logLimit;
  }

  get generation(): number {
    return this.#generation;
  }

  get size(): number {
    return this.#byName.size;
  }

  get(name: string): Resource | undefined {
    return this.#byName.get(name);
  }

  resources(): Iterable<Resource> {
    return this.#byName.values();
  }

  /** Applies a change as one generation; returns the names whose content really changed. */
  write(change: TableWrite): readonly string[] {
    const next = this.#generation + 1;
    const changed: string[] = [];
    for (const resource of change.puts) {
      assert(resource.typeUrl === this.typeUrl, `${resource.typeUrl} written to ${this.typeUrl}`);
      const before = this.#byName.get(resource.name);
      // The map takes the new object even so: its origins may differ where its bytes do not.
      this.#byName.set(resource.name, resource);
      this.#index(before, resource);
      if (before !== undefined && sameContent(before, resource)) continue;
      if (this.#isReused(before, resource)) this.#reused.add(resource.name);
      else this.#reused.delete(resource.name);
      this.#log.push({ generation: next, name: resource.name, before: presence(before) });
      changed.push(resource.name);
    }
    for (const name of change.deletes) {
      const before = this.#byName.get(name);
      if (!this.#byName.delete(name)) continue;
      this.#index(before, undefined);
      this.#reused.delete(name);
      if (before?.versionProves === false) this.#gone.add(name);
      dropOldest(this.#gone, this.#logLimit);
      this.#log.push({ generation: next, name, before: presence(before) });
      changed.push(name);
    }
    if (changed.length > 0) this.#generation = next;
    for (const name of changed) this.#touch(name);
    this.#trim();
    return changed;
  }

  #isReused(before: Resource | undefined, { name, version, versionProves }: Resource): boolean {
    if (versionProves) return false;
    return before === undefined ? this.#gone.has(name) : before.version === version;
  }

  #touch(name: string): void {
    this.#wildcardDigest?.touch(name);
    this.#digests.touch(name);
  }

  changedSince(generation: number): readonly ChangedName[] | undefined {
    if (generation === this.#generation) return [];
    if (generation < this.#logStart) return undefined;
    // The first entry after `generation` tells whether the name existed at that time.
    const first = new Map<string, Presence>();
    for (let index = this.#firstAfter(generation); index < this.#log.length; index += 1) {
      const entry = this.#log[index];
      if (entry !== undefined && !first.has(entry.name)) first.set(entry.name, entry.before);
    }
    return [...first].map(([name, before]) => ({ name, before }));
  }

  /** Names changed after one generation and up to another; undefined when that is too long ago. */
  changedBetween(after: number, upTo: number): ReadonlySet<string> | undefined {
    if (after < this.#logStart && after !== upTo) return undefined;
    const entries = this.#log.slice(this.#firstAfter(after), this.#firstAfter(upTo));
    return new Set(entries.map(({ name }) => name));
  }

  wildcardVersion(): string {
    this.#wildcardDigest ??= new SetDigest(this.#byName.keys(), (name) => {
      const resource = this.#byName.get(name);
      return resource?.wildcard === true ? resource : undefined;
    });
    return this.#wildcardDigest.value();
  }

  versionOf(names: ReadonlySet<string>): string {
    return this.#digests.of(names).value();
  }

  reusedNames(): Iterable<string> {
    return this.#reused;
  }

  unprovenNames(): Iterable<string> {
    return this.#unproven;
  }

  byAlias(alias: string): Resource | undefined {
    const name = this.#aliases.get(alias);
    return name === undefined ? undefined : this.#byName.get(name);
  }

  *expiring(): Iterable<Resource> {
    for (const name of this.#ttls.keys()) {
      const resource = this.#byName.get(name);
      if (resource !== undefined) yield resource;
    }
  }

  get beats(): number {
    return this.#beats;
  }

  /** It is time, or was `times` times, to tell proxies of what they would drop. */
  beat(times: number): void {
    this.#beats += times;
  }

  /** The shortest time to live, ms; undefined where nothing has one. */
  get shortestTtlMs(): number | undefined {
    return this.#ttls.size === 0 ? undefined : Math.min(...this.#ttls.values());
  }

  #index(before: Resource | undefined, after: Resource | undefined): void {
    for (const alias of before?.aliases ?? []) {
      if (this.#aliases.get(alias) === before?.name) this.#aliases.delete(alias);
    }
    for (const alias of after?.aliases ?? []) this.#aliases.set(alias, after?.name ?? "");
    if (after?.versionProves === false) this.#unproven.add(after.name);
    else if (before?.versionProves === false) this.#unproven.delete(before.name);
    if (after?.ttlMs !== undefined) this.#ttls.set(after.name, after.ttlMs);
    else if (before?.ttlMs !== undefined) this.#ttls.delete(before.name);
  }

  #firstAfter(generation: number): number {
    let low = 0;
    let high = this.#log.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#log[middle]?.generation ?? Number.POSITIVE_INFINITY) > generation) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Drops the older half at a generation's border, so that trimming costs O(1) per change. */
  #trim(): void {
    if (this.#log.length <= this.#logLimit) return;
    const kept = Math.ceil(this.#logLimit / 2);
    const border = this.#log[this.#log.length - kept]?.generation ?? this.#generation;
    this.#log = this.#log.slice(this.#firstAfter(border));
    this.#logStart = border;
  }
}

/** Sets of names with a digest of their own: each costs a look at every change. */
const digestsMax = 32;

export const presence = (resource: Resource | undefined): Presence =>
  resource === undefined ? "absent" : resource.wildcard ? "wildcard" : "named";

/** Whether a proxy that holds one of them has nothing to learn from the other. */
export const sameContent = (a: Resource, b: Resource): boolean =>
  a === b ||
  (a.version === b.version &&
    a.wildcard === b.wildcard &&
    a.ttlMs === b.ttlMs &&
    Buffer.compare(a.any, b.any) === 0);

/** One version for a set of resources, as `SetDigest` makes it. */
export function setVersion(resources: readonly Resource[]): string {
  const byName = new Map(resources.map((resource) => [resource.name, resource]));
  return new SetDigest(byName.keys(), (name) => byName.get(name)).value();
}
