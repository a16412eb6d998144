/** Short ways to write resources and bundles in tests. */
import type { Bundle } from "../../../src/snapshot/bundle.ts";
import type { Bundles } from "../../../src/snapshot/bundle-diff.ts";
import { makeResource, type Resource } from "../../../src/snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../../../src/snapshot/type-url.ts";

export const { cluster: CDS, endpoint: EDS, listener: LDS, route: RDS } = typeUrls;

export const resource = (
  typeUrl: TypeUrl,
  name: string,
  content = "",
  references: readonly string[] = [],
): Resource => makeResource({ typeUrl, name, any: Buffer.from(`${name}${content}`), references });

export const bundle = (owner: string, ...resources: readonly Resource[]): Bundle => ({
  owner,
  resources,
});

export const bundles = (...all: readonly Bundle[]): Bundles =>
  new Map(all.map((one) => [one.owner, one]));
