import { badArgument, isObject } from "../lib/bad-argument.ts";
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
  /** It is no hash of the bytes; a response whose resources all have the same has it as well. */
  readonly versionGiven: boolean;
  /** Equal versions have equal content: not so where it is the user's own. */
  readonly versionProves: boolean;
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
  /**
   * Other names by which a proxy may ask for it: the hosts of a virtual host. Only delta has them.
   * https://www.envoyproxy.io/docs/envoy/latest/configuration/http/http_conn_man/vhds
   */
  readonly aliases: readonly string[];
  /**
   * How long a proxy keeps it without being told of it again, ms; undefined: until it is removed.
   * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#ttl
   */
  readonly ttlMs: number | undefined;
  /** A route configuration whose virtual hosts are resources of their own, `<its name>/<host>`. */
  readonly vhds: boolean;
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
  readonly aliases?: readonly string[];
  readonly ttlMs?: number;
  readonly vhds?: boolean;
  readonly origins?: readonly string[];
  /** The user's own version; default is the hash of the content. */
  readonly version?: string;
  /** What is given as `version` is made of the content all the same. */
  readonly versionProves?: boolean;
}

export function makeResource(parts: ResourceParts): Resource {
  return {
    typeUrl: parts.typeUrl,
    name: parts.name,
    version: parts.version ?? contentVersion(parts),
    versionGiven: parts.version !== undefined,
    versionProves: parts.versionProves ?? parts.version === undefined,
    any: parts.any,
    wildcard: parts.wildcard ?? true,
    references: [...new Set(parts.references ?? [])].sort(),
    needs: parts.needs ?? [],
    serves: parts.serves ?? true,
    sockets: parts.sockets ?? [],
    aliases: parts.aliases ?? [],
    ttlMs: parts.ttlMs,
    vhds: parts.vhds ?? false,
    origins: parts.origins ?? [],
  };
}

/** Another time to live is another version: a proxy that reconnects with the old one learns of it. */
function contentVersion({ any, ttlMs }: ResourceParts): string {
  const content = contentHash(any);
  return ttlMs === undefined ? content : contentHash(`${content} ${ttlMs}`);
}

/** Throws a TypeError where this is no resource: `where` says what it was handed over as. */
export function checkResource(where: string, value: Resource): void {
  const given: unknown = value;
  const isResource =
    isObject(given) &&
    typeof given["typeUrl"] === "string" &&
    typeof given["name"] === "string" &&
    given["any"] instanceof Uint8Array;
  if (isResource) return;
  const isResult = isObject(given) && typeof given["ok"] === "boolean";
  const expected = isResult ? "the `value` of a result that is `ok`" : "what `resource` makes";
  throw badArgument(where, expected, value);
}
