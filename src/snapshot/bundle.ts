import type { Resource } from "./resource.ts";

/**
 * Resources made from one owner (a service, a gateway, a raw object). A bundle keeps its identity
 * as long as nothing in it changes, so that a change costs what changed and not everything.
 */
export interface Bundle {
  /** `service/web`, `gateway/edge`, `raw/<store key>`: unique among the bundles of a view. */
  readonly owner: string;
  readonly resources: readonly Resource[];
}
