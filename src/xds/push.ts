/** What is planned to be sent of one type, before it is written. */
import type { Resource } from "../snapshot/resource.ts";
import type { TypeState } from "./type-state.ts";

/** A response to be sent. */
export interface Push {
  /** Streams whose pushes have equal keys may share one message; undefined: this stream's own. */
  readonly shareKey: string | undefined;
  readonly generation: number;
  /** It brings resources that the proxy did not have: clusters that have to warm. */
  readonly adds: boolean;
  /** Names that are new, changed or gone for the proxy; `all` that are sent. */
  readonly renewed: ReadonlySet<string> | "all";
  /** Names that are due as well, but have to wait for the next responses. */
  readonly rest?: ReadonlySet<string>;
  /** It tells of all that has a time to live, as of this beat. */
  readonly beat?: number;
  content(): PushContent;
}

export interface PushContent {
  readonly version: string;
  readonly resources: readonly Resource[];
  /** Delta only: names that do not exist, or no longer. */
  readonly removed: readonly string[];
  /** Sent without their content. */
  readonly bare?: readonly BareResource[];
}

/**
 * A heartbeat of a resource that the proxy has, or the answer that a virtual host does not exist:
 * its own name as the alias, and no version.
 */
export type BareResource = Pick<Resource, "name" | "version" | "aliases" | "ttlMs">;

export type Plan =
  | { readonly kind: "wait"; readonly state: TypeState }
  | { readonly kind: "push"; readonly state: TypeState; readonly push: Push }
  /** The stream is further behind than the change log reaches: it must start afresh. */
  | { readonly kind: "restart" };
