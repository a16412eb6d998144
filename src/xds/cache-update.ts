/** Single resources that come, change or go, as users of the cache say it. */
import { badArgument, checkOptions, checkText, isObject } from "../lib/bad-argument.ts";
import { referenceKey } from "../snapshot/drain.ts";
import { checkResource, type Reference, type Resource } from "../snapshot/resource.ts";
import { checkTypes, checkVersions, namedTwice, withVersion } from "../snapshot/snapshot.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { View } from "../snapshot/view.ts";

/** A resource as users name it; any type URL will do. */
export interface ResourceName {
  readonly typeUrl: string;
  readonly name: string;
}

/** Single resources that come, change or go. */
export interface CacheUpdate {
  readonly puts?: readonly Resource[] | undefined;
  /** A name that is in both is put. */
  readonly deletes?: readonly ResourceName[] | undefined;
  /**
   * Your own versions, by type URL, as in `createSnapshot`. All resources of the type that the group
   * has are sent under it: an update with a version costs what the type has.
   */
  readonly versions?: Readonly<Record<string, string>> | undefined;
}

/** What a view is to write. */
export interface CacheWrites {
  readonly puts: readonly Resource[];
  readonly deletes: readonly Reference[];
}

/** Throws a TypeError that says what of it is wrong. */
export function checkUpdate(update: CacheUpdate): void {
  checkOptions("update", update, ["puts", "deletes", "versions"]);
  const { puts = [], deletes = [], versions = {} } = update;
  if (!Array.isArray(puts)) throw badArgument("update: puts", "a list of resources", puts);
  if (!Array.isArray(deletes)) throw badArgument("update: deletes", "a list of names", deletes);
  checkPuts(puts);
  for (const [index, one] of deletes.entries()) checkName(`deletes[${index}]`, one);
  checkVersions(versions);
}

function checkPuts(puts: readonly Resource[]): void {
  const named = new Set<string>();
  for (const [index, one] of puts.entries()) {
    checkResource(`puts[${index}]`, one);
    const key = referenceKey(one);
    if (named.has(key)) throw namedTwice(one);
    named.add(key);
  }
}

function checkName(where: string, name: ResourceName): void {
  if (!isObject(name)) throw badArgument(where, "{ typeUrl, name }", name);
  checkText(`${where}: typeUrl`, name.typeUrl);
  checkText(`${where}: name`, name.name);
}

/** A version of a type is that of all its resources: the others are put again, under it. */
export function writesOf(view: View | undefined, update: CacheUpdate): CacheWrites {
  const { puts = [], versions = {} } = update;
  const deletes = (update.deletes ?? []) as readonly Reference[];
  if (Object.keys(versions).length === 0) return { puts, deletes };
  const touched = new Set([...puts, ...deletes].map(({ typeUrl, name }) => `${typeUrl} ${name}`));
  const others = Object.keys(versions).flatMap((typeUrl) =>
    [...(view?.wanted(typeUrl as TypeUrl) ?? [])].filter(
      ({ name }) => !touched.has(`${typeUrl} ${name}`),
    ),
  );
  const all = [...puts, ...others];
  checkTypes(versions, new Set(all.map(({ typeUrl }) => typeUrl)));
  return { puts: all.map((one) => withVersion(one, versions[one.typeUrl])), deletes };
}
