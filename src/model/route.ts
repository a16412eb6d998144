/**
 * `routes/<name>`: the Gateway API HTTPRoute `spec`, as far as serin takes it, with our additions
 * (`backendRefs[].subset`). https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec
 */
import type { RouteName, ServiceName, SubsetName } from "./names.ts";

export type PathMatch =
  | { readonly kind: "exact"; readonly value: string }
  /** Matches whole path segments: `/a` matches `/a` and `/a/b`, not `/ab`. */
  | { readonly kind: "prefix"; readonly value: string }
  | { readonly kind: "regex"; readonly value: string };

export interface HeaderMatch {
  /** Lower case, as HTTP/2 has it. */
  readonly name: string;
  readonly kind: "exact" | "regex";
  readonly value: string;
}

export interface RouteMatch {
  readonly path: PathMatch;
  readonly headers: readonly HeaderMatch[];
}

export interface BackendRef {
  readonly service: ServiceName;
  /** undefined: the service's own split. */
  readonly subset: SubsetName | undefined;
  /** Share among the rule's backends; Gateway API's default is 1. */
  readonly weight: number;
}

export interface RouteRule {
  /** At least one; a rule without matches was given the match of every path. */
  readonly matches: readonly RouteMatch[];
  readonly backendRefs: readonly BackendRef[];
}

export interface HttpRoute {
  readonly name: RouteName;
  /** Lower case; `*` or `*.suffix` are wildcards; empty list: every host. */
  readonly hostnames: readonly string[];
  readonly rules: readonly RouteRule[];
  readonly origin: string;
  /** Revision that created the key: the older route wins a tie, as in the Gateway API. */
  readonly createRevision: bigint;
}
