import type { Resource } from "../snapshot/resource.ts";
import type { ResourceView } from "../snapshot/resource-table.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";

/** What a group has in force, for reading. */
export interface GroupView {
  /** Key of the group. */
  readonly key: string;
  /** Of the last change; undefined before the first. */
  readonly revision: bigint | undefined;
  /** Resources that nothing needs any more, and that are kept until no proxy can be using them. */
  readonly retiringCount: number;
  /** The resources of one type; empty where there are none. */
  table(typeUrl: TypeUrl): ResourceView;
  /** Of all types, in push order. */
  tables(): readonly ResourceView[];
  /** Of all types, in push order. */
  resources(): Iterable<Resource>;
}
