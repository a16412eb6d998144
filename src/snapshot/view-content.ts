/**
 * What a view is to hold, as its owner wants it: whole bundles, and single resources put over them or
 * taken out. What the proxies see may be behind it, since some steps are put off (`retirement.ts`).
 */
import { type Bundles, diffBundles, type TypeWrites, writesOf } from "./bundle-diff.ts";
import type { Reference, Resource } from "./resource.ts";
import type { TypeUrl } from "./type-url.ts";

/** Single resources that come, change or go; the rest stays. */
export interface SnapshotUpdate {
  readonly puts?: readonly Resource[];
  readonly deletes?: readonly Reference[];
}

export type Writes = ReadonlyMap<TypeUrl, TypeWrites>;

export class ViewContent {
  #bundles: Bundles = new Map();
  /** Put or deleted by itself since the bundles came: these do not tell what is there. */
  readonly #single = new Map<TypeUrl, Set<string>>();

  /** All at once: what is not in `bundles` goes. */
  replace(bundles: Bundles): Writes {
    const writes = diffBundles(this.#bundles, bundles);
    this.#bundles = bundles;
    if (this.#single.size === 0) return writes;
    const mended = new Map(writes);
    for (const [typeUrl, names] of this.#single) {
      const type = writesOf(mended, typeUrl);
      for (const name of names) if (!type.puts.has(name)) type.deletes.add(name);
    }
    for (const { resources } of bundles.values()) {
      for (const resource of resources) {
        const { typeUrl, name } = resource;
        if (this.#single.get(typeUrl)?.has(name) !== true) continue;
        const type = writesOf(mended, typeUrl);
        type.deletes.delete(name);
        type.puts.set(name, resource);
      }
    }
    this.#single.clear();
    return mended;
  }

  /** Deletes come first: a name that is in both is put. */
  update({ puts = [], deletes = [] }: SnapshotUpdate): Writes {
    const writes = new Map<TypeUrl, TypeWrites>();
    for (const { typeUrl, name } of deletes) {
      writesOf(writes, typeUrl).deletes.add(name);
      this.#remember(typeUrl, name);
    }
    for (const resource of puts) {
      const { typeUrl, name } = resource;
      const type = writesOf(writes, typeUrl);
      type.deletes.delete(name);
      type.puts.set(name, resource);
      this.#remember(typeUrl, name);
    }
    return writes;
  }

  #remember(typeUrl: TypeUrl, name: string): void {
    const names = this.#single.get(typeUrl) ?? new Set();
    this.#single.set(typeUrl, names.add(name));
  }
}
