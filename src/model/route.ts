/**
 * `routes/<name>` and `grpcroutes/<name>`: the HTTPRoute and GRPCRoute of the Gateway API with our
 * additions (`backendRefs[].subset`, `matches[].cookies`, `rules[].hashSplit`). A GRPCRoute says the
 * same in other words, so both become one model: a method is a path.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec
 */
import type { ServiceName, SubsetName } from "./names.ts";
import type { Cors, HashSplit, HeaderModifier, RateLimit, Retry } from "./traffic.ts";

export type PathMatch =
  | { readonly kind: "exact"; readonly value: string }
  /** Matches whole path segments: `/a` matches `/a` and `/a/b`, not `/ab`. */
  | { readonly kind: "prefix"; readonly value: string }
  | { readonly kind: "regex"; readonly value: string };

/** A header, query parameter or cookie. A regular expression must match the whole value. */
export interface NamedMatch {
  /** Headers in lower case, as HTTP/2 has them; the others as written. */
  readonly name: string;
  readonly kind: "exact" | "regex";
  readonly value: string;
}

/** All given conditions must hold. */
export interface RouteMatch {
  readonly path: PathMatch;
  readonly headers: readonly NamedMatch[];
  readonly queryParams: readonly NamedMatch[];
  readonly cookies: readonly NamedMatch[];
  /** `GET`; undefined: any. */
  readonly method: string | undefined;
}

/** The match of every request, and the base of all others. */
export const everyRequest: RouteMatch = {
  path: { kind: "prefix", value: "/" },
  headers: [],
  queryParams: [],
  cookies: [],
  method: undefined,
};

/** A service, or one part of it. */
export interface BackendTarget {
  readonly service: ServiceName;
  /** undefined: the service's own split. */
  readonly subset: SubsetName | undefined;
}

export interface BackendRef extends BackendTarget {
  /** Share among the rule's backends; Gateway API's default is 1. */
  readonly weight: number;
  /** Why this reference cannot be used (another kind of object): it counts as no backend. */
  readonly invalid: string | undefined;
  /** For requests that this backend gets, after those of the rule. */
  readonly requestHeaders: HeaderModifier | undefined;
  readonly responseHeaders: HeaderModifier | undefined;
}

/** A backend as it is with nothing but a target. */
export const plainBackend = {
  weight: 1,
  invalid: undefined,
  requestHeaders: undefined,
  responseHeaders: undefined,
} as const;

export type PathRewrite =
  | { readonly kind: "full"; readonly value: string }
  /** Replaces what the path prefix of the match took. */
  | { readonly kind: "prefix"; readonly value: string };

export interface Redirect {
  readonly scheme: "http" | "https" | undefined;
  readonly hostname: string | undefined;
  readonly port: number | undefined;
  readonly path: PathRewrite | undefined;
  readonly status: 301 | 302 | 303 | 307 | 308;
}

export interface Rewrite {
  readonly hostname: string | undefined;
  readonly path: PathRewrite | undefined;
}

export interface Mirror extends BackendTarget {
  /** Share of the requests that are copied, in millionths: 0 to 1,000,000. */
  readonly perMillion: number;
}

export interface RouteFilters {
  readonly requestHeaders: HeaderModifier | undefined;
  readonly responseHeaders: HeaderModifier | undefined;
  readonly redirect: Redirect | undefined;
  readonly rewrite: Rewrite | undefined;
  readonly mirrors: readonly Mirror[];
  readonly cors: Cors | undefined;
  /** Filters that cannot be carried out: a rule with one answers 500, as the Gateway API has it. */
  readonly unsupported: readonly string[];
}

export const noFilters: RouteFilters = {
  requestHeaders: undefined,
  responseHeaders: undefined,
  redirect: undefined,
  rewrite: undefined,
  mirrors: [],
  cors: undefined,
  unsupported: [],
};

export interface RouteRule {
  /** As the user calls it; for display. */
  readonly name: string | undefined;
  /** A rule without matches was given the match of every path. */
  readonly matches: readonly RouteMatch[];
  readonly filters: RouteFilters;
  readonly backendRefs: readonly BackendRef[];
  /** undefined: each request is split by chance. */
  readonly hashSplit: HashSplit | undefined;
  /** ms; 0: no timeout; undefined: the service's. `backendRequest` is one attempt. */
  readonly timeouts: {
    readonly requestMs: number | undefined;
    readonly backendRequestMs: number | undefined;
  };
  /** undefined: the service's. */
  readonly retry: Retry | undefined;
  /** undefined: the service's. */
  readonly rateLimit: RateLimit | undefined;
}

/** A rule that leads nowhere yet, and leaves everything else to the services. */
export const plainRule: RouteRule = {
  name: undefined,
  matches: [everyRequest],
  filters: noFilters,
  backendRefs: [],
  hashSplit: undefined,
  timeouts: { requestMs: undefined, backendRequestMs: undefined },
  retry: undefined,
  rateLimit: undefined,
};

/** What a route wants to be attached to. A route with none is attached everywhere. */
export type ParentRef =
  | {
      readonly kind: "gateway";
      /** A name that may be of no gateway. */
      readonly gateway: string;
      /** Name of one listener; undefined: all of them. */
      readonly listener: string | undefined;
      /** Listeners at this port only. */
      readonly port: number | undefined;
    }
  /** Clients inside of the mesh that ask for this service (GAMMA): proxyless gRPC. */
  | { readonly kind: "service"; readonly service: ServiceName };

export interface HttpRoute {
  /** `grpc`: every request has the method POST, and no valid backend is UNAVAILABLE. */
  readonly kind: "http" | "grpc";
  /** A route of each kind may have the same one; the origin tells them apart. */
  readonly name: string;
  /** Lower case; `*` or `*.suffix` are wildcards; empty list: every host. */
  readonly hostnames: readonly string[];
  readonly parentRefs: readonly ParentRef[];
  readonly rules: readonly RouteRule[];
  /** Store key. */
  readonly origin: string;
  /** Revision that created the key: the older route wins a tie, as in the Gateway API. */
  readonly createRevision: bigint;
}

/** What a route of every kind says about where it belongs. */
export type Attachable = Pick<HttpRoute, "hostnames" | "parentRefs" | "origin" | "createRevision">;

/**
 * `tcproutes/<name>` and `tlsroutes/<name>`: connections, told apart by nothing (TCP) or by the name
 * in the TLS handshake (SNI).
 */
export interface StreamRoute extends Attachable {
  readonly kind: "tcp" | "tls";
  readonly name: string;
  /** Of the first rule, which is the only one that can match. */
  readonly backendRefs: readonly BackendRef[];
}
