/**
 * The version of a set of resources: equal for equal content whatever the order, and different when
 * any content differs. It is kept up to date at the cost of what changed: names are spread over
 * buckets, and only a bucket in which something changed is hashed again.
 */
import { createHash } from "node:crypto";
import { spreadHash } from "../lib/hash.ts";
import type { Resource } from "./resource.ts";

const bucketCount = 256;
/** 66 bits: it stands in every delta response, and in every ACK of the state of the world. */
const versionChars = 11;

export class SetDigest {
  readonly #lookup: (name: string) => Resource | undefined;
  readonly #buckets = new Map<number, Bucket>();
  /** The user's own versions, by name. */
  readonly #given = new Map<string, string>();
  #size = 0;
  #value: string | undefined;

  /** `lookup`: the present resource of a name, if it is in the set. */
  constructor(names: Iterable<string>, lookup: (name: string) => Resource | undefined) {
    this.#lookup = lookup;
    for (const name of names) this.touch(name);
  }

  /** The resource of this name came, went or changed. */
  touch(name: string): void {
    const resource = this.#lookup(name);
    const index = bucketOf(name);
    const bucket = this.#buckets.get(index) ?? { names: [], hash: undefined };
    const at = bucket.names.indexOf(name);
    if (resource === undefined && at === -1) return;
    this.#buckets.set(index, bucket);
    bucket.hash = undefined;
    this.#value = undefined;
    if (resource?.versionGiven === true) this.#given.set(name, resource.version);
    else this.#given.delete(name);
    if (resource === undefined) {
      bucket.names.splice(at, 1);
      this.#size -= 1;
    } else if (at === -1) {
      bucket.names.push(name);
      this.#size += 1;
    }
    if (bucket.names.length === 0) this.#buckets.delete(index);
  }

  /** The user's own version where all of them have it. */
  value(): string {
    this.#value ??= this.#commonVersion() ?? this.#hash();
    return this.#value;
  }

  #commonVersion(): string | undefined {
    if (this.#size === 0 || this.#given.size < this.#size) return undefined;
    const versions = new Set(this.#given.values());
    return versions.size === 1 ? [...versions][0] : undefined;
  }

  #hash(): string {
    const whole = createHash("sha256");
    const inOrder = [...this.#buckets].sort(([a], [b]) => a - b);
    for (const [index, bucket] of inOrder) {
      bucket.hash ??= this.#hashOf(bucket);
      whole.update(`${index} `).update(bucket.hash);
    }
    return whole.digest("base64url").slice(0, versionChars);
  }

  #hashOf({ names }: Bucket): Buffer {
    const lines = names.sort().map((name) => `${name}\0${this.#lookup(name)?.version}\n`);
    return createHash("sha256").update(lines.join("")).digest();
  }
}

interface Bucket {
  readonly names: string[];
  /** SHA-256 of names and versions; undefined: to be made again. */
  hash: Buffer | undefined;
}

const bucketOf = (name: string): number => (spreadHash(name) >>> 0) % bucketCount;
