/**
 * Whether a snapshot is whole: what is named must be there. go-control-plane calls it `Consistent()`.
 * A gap is a raw resource that names nothing, or a bug of translate; `/v1/snapshot` shows it.
 */
import { referenceKey } from "./drain.ts";
import type { Reference, Resource } from "./resource.ts";
import { type TypeUrl, typeUrls } from "./type-url.ts";

/** A resource that names another one, which is not there. */
export interface MissingReference {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly missingTypeUrl: TypeUrl;
  readonly missing: string;
}

const named: ReadonlyMap<TypeUrl, TypeUrl> = new Map([
  [typeUrls.cluster, typeUrls.endpoint],
  [typeUrls.listener, typeUrls.route],
  [typeUrls.route, typeUrls.cluster],
  [typeUrls.virtualHost, typeUrls.cluster],
]);

/** All gaps, in the order of the resources. */
export function missingReferences(resources: Iterable<Resource>): readonly MissingReference[] {
  const all = [...resources];
  const there = new Set(all.map(referenceKey));
  return all.flatMap((resource) => {
    const { typeUrl, name } = resource;
    const missing = neededBy(resource).filter((need) => !there.has(referenceKey(need)));
    return missing.map((need) => ({
      typeUrl,
      name,
      missingTypeUrl: need.typeUrl,
      missing: need.name,
    }));
  });
}

function neededBy({ typeUrl, references, needs }: Resource): readonly Reference[] {
  const target = named.get(typeUrl);
  if (target === undefined) return needs;
  return [...references.map((name) => ({ typeUrl: target, name })), ...needs];
}
