import { contentHash } from "../lib/hash.ts";
import type { TypeUrl } from "./type-url.ts";

/** The name of a resource, with its type. */
export interface Reference {
  readonly typeUrl: TypeUrl;
  readonly name: string;
}

/** One xDS resource, encoded once; all streams share its bytes. */
export interface Resource {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  /**
   * Hash of the content: equal bytes have equal versions on every replica and after a restart. Or
   * the user's own, which says nothing of the content.
   */
  readonly version: string;
  /** The version is the user's. */
  readonly versionGiven: boolean;
  /** Encoded google.protobuf.Any. */
  readonly any: Uint8Array;
  /**
   * Whether a wildcard subscription includes it. Listeners for proxyless gRPC are not: they are
   * fetched by name, and Envoy would warn of them.
   */
  readonly wildcard: boolean;
  /**
   * Names of the resources that this one needs: a cluster its load assignment, a listener its
   * route configurations, a route configuration its clusters. Sorted, without duplicates.
   */
  readonly references: readonly string[];
  /**
   * What else it needs: a TCP listener clusters, an aggregate cluster its members, either of them
   * secrets. No response waits for these but one that names clusters.
   */
  readonly needs: readonly Reference[];
  /**
   * False for a load assignment without a usable endpoint: it must not overtake the routes that
   * take its traffic away.
   */
  readonly serves: boolean;
  /**
   * Where a listener listens, `10.0.0.1:80`, so that no two of one proxy want the same socket.
   */
  readonly sockets: readonly string[];
  /** Store keys this resource was made from, for `explain` and the history. */
  readonly origins: readonly string[];
}

export interface ResourceParts {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  readonly any: Uint8Array;
  readonly wildcard?: boolean;
  readonly references?: Iterable<string>;
  readonly needs?: readonly Reference[];
  readonly serves?: boolean;
  readonly sockets?: readonly string[];
  readonly origins?: readonly string[];
  /** The user's own version; default is the hash of the content. */
  readonly version?: string;
}

export function makeResource(parts: ResourceParts): Resource {
  return {
    typeUrl: parts.typeUrl,
    name: parts.name,
    version: parts.version ?? contentHash(parts.any),
    versionGiven: parts.version !== undefined,
    any: parts.any,
    wildcard: parts.wildcard ?? true,
    references: [...new Set(parts.references ?? [])].sort(),
    needs: parts.needs ?? [],
    serves: parts.serves ?? true,
    sockets: parts.sockets ?? [],
    origins: parts.origins ?? [],
  };
}
