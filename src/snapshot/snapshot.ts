/**
 * The whole content of one group of proxies, as go-control-plane's `Snapshot` is: resources of any
 * types that belong together. It is a value; `SnapshotCache.setSnapshot` puts it in force.
 */
import { badArgument, checkOptions, checkText } from "../lib/bad-argument.ts";
import type { Bundle } from "./bundle.ts";
import type { Bundles } from "./bundle-diff.ts";
import { referenceKey } from "./drain.ts";
import { checkResource, type Resource } from "./resource.ts";
import { shortName } from "./type-url.ts";

/**
 * Resources by owner. What keeps its identity from one snapshot to the next, a bundle or a resource,
 * is not looked into, so that a change costs what changed.
 */
export interface Snapshot {
  /** Names are unique over all bundles. */
  readonly bundles: Bundles;
  /**
   * Of the source that it was made from. Default: one more than the last. One that is lower than the
   * last means that the history of the source went back; then it is what is in force.
   */
  readonly revision?: bigint;
}

/** Your own versions; without any, a resource has the hash of its content. */
export interface SnapshotVersions {
  /**
   * By type URL. The responses of the type have it as their version, and all of its resources are
   * sent when it changes; content that changes without it is sent as well.
   */
  readonly versions?: Readonly<Record<string, string>> | undefined;
  readonly revision?: bigint | undefined;
}

const bundleOf = new WeakMap<Resource, Bundle>();

/**
 * A snapshot of single resources. Throws a TypeError where two have the same type and name, where
 * something is no resource, or where a version is for a type that is not there.
 */
export function createSnapshot(
  resources: Iterable<Resource>,
  options: SnapshotVersions = {},
): Snapshot {
  checkOptions("createSnapshot", options, ["versions", "revision"]);
  const { versions = {}, revision } = options;
  checkVersions(versions);
  if (revision !== undefined && typeof revision !== "bigint") {
    throw badArgument("createSnapshot: revision", "a bigint", revision);
  }
  const bundles = new Map<string, Bundle>();
  const types = new Set<string>();
  for (const resource of listed(resources)) {
    checkResource(`createSnapshot: resources[${bundles.size}]`, resource);
    const { typeUrl } = resource;
    const owner = referenceKey(resource);
    if (bundles.has(owner)) throw namedTwice(resource);
    types.add(typeUrl);
    bundles.set(owner, single(withVersion(resource, versions[typeUrl])));
  }
  checkTypes(versions, types);
  return { bundles, ...(revision !== undefined && { revision }) };
}

export const namedTwice = ({ typeUrl, name }: Resource): TypeError =>
  new TypeError(`two ${shortName(typeUrl)} resources are named ${JSON.stringify(name)}`);

/** Throws a TypeError where these are no versions by type URL. */
export function checkVersions(versions: Readonly<Record<string, string>>): void {
  if (typeof versions !== "object" || versions === null) {
    throw badArgument("versions", "texts by type URL", versions);
  }
  for (const [typeUrl, version] of Object.entries(versions)) {
    checkText(`versions[${JSON.stringify(typeUrl)}]`, version);
  }
}

/** Throws a TypeError where a version is for a type that is not there. */
export function checkTypes(versions: object, types: ReadonlySet<string>): void {
  for (const typeUrl of Object.keys(versions)) {
    if (types.has(typeUrl)) continue;
    throw new TypeError(`versions has ${typeUrl}, but there is no resource of this type`);
  }
}

function listed(resources: Iterable<Resource>): Iterable<Resource> {
  const isIterable = typeof resources === "object" && Symbol.iterator in resources;
  if (isIterable) return resources;
  throw badArgument("createSnapshot", "a list of resources", resources);
}

/** Throws a TypeError where this is no snapshot. */
export function checkSnapshot(where: string, snapshot: Snapshot): void {
  if (typeof snapshot?.bundles?.get === "function") return;
  throw badArgument(where, "a snapshot, as createSnapshot makes it", snapshot);
}

/** The resources of a snapshot, in no order that means anything. */
export function* resourcesOf(snapshot: Snapshot): Iterable<Resource> {
  for (const { resources } of snapshot.bundles.values()) yield* resources;
}

function single(resource: Resource): Bundle {
  const known = bundleOf.get(resource);
  if (known !== undefined) return known;
  const made = { owner: referenceKey(resource), resources: [resource] };
  bundleOf.set(resource, made);
  return made;
}

/** Kept, so that one that is put again with the same version keeps its identity. */
const lastVersioned = new WeakMap<Resource, Resource>();

/** The resource under the user's version, if there is one. */
export function withVersion(resource: Resource, version: string | undefined): Resource {
  if (version === undefined) return resource;
  const known = lastVersioned.get(resource);
  if (known?.version === version) return known;
  const made = { ...resource, version, versionGiven: true, versionProves: false };
  lastVersioned.set(resource, made);
  return made;
}
