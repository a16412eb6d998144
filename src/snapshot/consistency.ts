/**
 * Whether a view is whole: what is named must be there. go-control-plane calls it `Consistent()`. A
 * gap is a raw resource that names nothing, or a bug of translate; `/v1/snapshot` shows it.
 */
import type { Resource } from "./resource.ts";
import { type TypeUrl, typeUrls } from "./type-url.ts";
import type { View } from "./view.ts";

export interface MissingReference {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly missingTypeUrl: TypeUrl;
  readonly missing: string;
}

const named: readonly (readonly [from: TypeUrl, to: TypeUrl])[] = [
  [typeUrls.cluster, typeUrls.endpoint],
  [typeUrls.listener, typeUrls.route],
  [typeUrls.route, typeUrls.cluster],
];

export function missingReferences(view: View): readonly MissingReference[] {
  const gaps: MissingReference[] = [];
  const note = ({ typeUrl, name }: Resource, missingTypeUrl: TypeUrl, missing: string): void => {
    if (view.table(missingTypeUrl).get(missing) !== undefined) return;
    gaps.push({ typeUrl, name, missingTypeUrl, missing });
  };
  for (const [typeUrl, missingTypeUrl] of named) {
    for (const resource of view.table(typeUrl).resources()) {
      for (const missing of resource.references) note(resource, missingTypeUrl, missing);
    }
  }
  for (const table of view.tables()) {
    for (const resource of table.resources()) {
      for (const need of resource.needs) note(resource, need.typeUrl, need.name);
    }
  }
  return gaps;
}
