import type { Resource } from "../snapshot/resource.ts";
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
  table(typeUrl: string): TypeView;
  /** Of all types, in push order. */
  tables(): readonly TypeView[];
  /** Of all types, in push order. */
  resources(): Iterable<Resource>;
}

/** The resources of one type of a group. */
export interface TypeView {
  readonly typeUrl: TypeUrl;
  readonly size: number;
  /** It rises with every change; `XdsServer.progress` is asked by it. */
  readonly generation: number;
  /** The resource of that name. */
  get(name: string): Resource | undefined;
  /** All of them, in no order that means anything. */
  resources(): Iterable<Resource>;
  /** Version of everything that a wildcard subscription sees; equal content, equal version. */
  wildcardVersion(): string;
}
