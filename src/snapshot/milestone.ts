import type { TypeUrl } from "./type-url.ts";

/** The tables' generations as of a store revision. */
export interface Milestone {
  readonly revision: bigint;
  readonly generations: ReadonlyMap<TypeUrl, number>;
  /** As they were just before: what the revision itself changed lies in between. */
  readonly before: ReadonlyMap<TypeUrl, number>;
}
