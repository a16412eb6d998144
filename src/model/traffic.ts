/** What routes and services both may say about traffic. Durations are in ms. */

export interface HeaderValue {
  /** Lower case. */
  readonly name: string;
  readonly value: string;
}

/** A header occurs in one of the three at the most. */
export interface HeaderModifier {
  readonly set: readonly HeaderValue[];
  readonly add: readonly HeaderValue[];
  /** Lower case. */
  readonly remove: readonly string[];
}

/**
 * A split that keeps each user where he is: by the hash of headers over the sum of the weights. Who
 * lacks one of the headers, or has it empty, gets the first backend that takes traffic.
 */
export interface HashSplit {
  /** Names of headers, lower case; at least one. */
  readonly headers: readonly string[];
  /** Other users for each release; empty: none. */
  readonly salt: string;
  /**
   * Whether gRPC clients get a ring-hash cluster with one weighted locality per version, which is
   * the only sticky split they know; else they split by chance.
   */
  readonly grpc: boolean;
}

export interface Retry {
  /** Attempts after the first one. */
  readonly attempts: number;
  /** Least pause between attempts; undefined: the proxy's own. */
  readonly backoffMs: number | undefined;
  /** Longest one attempt may take; undefined: as long as the request. */
  readonly perTryMs: number | undefined;
  /** HTTP statuses that are tried again, besides failed connections; empty: 502, 503 and 504. */
  readonly codes: readonly number[];
}

/** A token bucket in every proxy: `requests` per `perMs`, `burst` at once. */
export interface RateLimit {
  readonly requests: number;
  readonly perMs: number;
  readonly burst: number;
}

export interface Cors {
  /** `https://a.example`, `https://*.example`, or `*`. */
  readonly allowOrigins: readonly string[];
  readonly allowCredentials: boolean;
  readonly allowMethods: readonly string[];
  readonly allowHeaders: readonly string[];
  readonly exposeHeaders: readonly string[];
  readonly maxAgeSeconds: number;
}
