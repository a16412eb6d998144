/**
 * What a reconnecting delta proxy says it holds, compared with what it should see: exactly, name by
 * name and version by version, and without a string made while they agree.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#client-behavior-2
 */
import { lengthDelimited, scanElements, scanFields } from "../proto/scan.ts";
import type { Resource } from "../snapshot/resource.ts";

/** The encoded entries of `initial_resource_versions`, tags included. */
export type KnownVersions = Uint8Array;

/** How what a proxy holds differs from what it should see. */
export interface Known {
  /** Resources that it does not hold in their present version. */
  readonly stale: readonly Resource[];
  /** Whether it holds none at all of one of these. */
  readonly adds: boolean;
  /** Names that it holds and should not see. */
  readonly others: readonly string[];
}

/** Resources by the bytes of their names; made once for all proxies that should see the same. */
export class KnownIndex {
  readonly #resources: readonly Resource[];
  readonly #names: readonly Buffer[];
  readonly #versions: readonly Buffer[];
  /** Open addressing: 1 + index of a resource, or 0. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Round in which a resource was last found in its present version, and in another one. */
  readonly #current: Uint32Array;
  readonly #other: Uint32Array;
  #round = 0;

  constructor(resources: readonly Resource[]) {
    this.#resources = resources;
    this.#names = resources.map(({ name }) => Buffer.from(name));
    this.#versions = resources.map(({ version }) => Buffer.from(version));
    let size = 4;
    while (size < 2 * resources.length) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size);
    this.#current = new Uint32Array(resources.length);
    this.#other = new Uint32Array(resources.length);
    for (const [index, name] of this.#names.entries()) {
      let slot = hashOf(name, 0, name.length) & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
    }
  }

  compare(known: KnownVersions): Known {
    this.#round += 1;
    const round = this.#round;
    const others = new Set<string>();
    let current = 0;
    const take = (name: Span, version: Span): void => {
      const index = this.#find(known, name);
      if (index === -1) {
        others.add(text(known, name));
        return;
      }
      const was = this.#current[index] === round;
      const is = equals(known, version, this.#versions[index]);
      // Of entries with the same name the last one counts.
      if (is && !was) current += 1;
      if (!is && was) current -= 1;
      this.#current[index] = is ? round : 0;
      if (!is) this.#other[index] = round;
    };
    eachEntry(known, take);
    if (current === this.#resources.length) return { stale: [], adds: false, others: [...others] };
    const isStale = (index: number): boolean => this.#current[index] !== round;
    const stale = this.#resources.filter((_, index) => isStale(index));
    const adds = this.#resources.some((_, i) => isStale(i) && this.#other[i] !== round);
    return { stale, adds, others: [...others] };
  }

  #find(bytes: Uint8Array, { from, to }: Span): number {
    let slot = hashOf(bytes, from, to) & this.#mask;
    for (;;) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index === -1) return -1;
      if (equals(bytes, { from, to }, this.#names[index])) return index;
      slot = (slot + 1) & this.#mask;
    }
  }
}

interface Span {
  from: number;
  to: number;
}

const mapKey = 1;
const mapValue = 2;

function eachEntry(known: KnownVersions, take: (name: Span, version: Span) => void): void {
  const name: Span = { from: 0, to: 0 };
  const version: Span = { from: 0, to: 0 };
  scanElements(known, (from, to) => {
    name.from = 0;
    name.to = 0;
    version.from = 0;
    version.to = 0;
    scanFields(
      known,
      (number, wireType, _tagAt, valueFrom, valueTo) => {
        if (wireType !== lengthDelimited) return;
        const span = number === mapKey ? name : number === mapValue ? version : undefined;
        if (span === undefined) return;
        span.from = valueFrom;
        span.to = valueTo;
      },
      from,
      to,
    );
    take(name, version);
  });
}

const text = (bytes: Uint8Array, { from, to }: Span): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf8", from, to);

/** FNV-1a, 32 bits. Who could make names collide here writes the store. */
function hashOf(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at += 1) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
  return hash >>> 0;
}

function equals(bytes: Uint8Array, { from, to }: Span, other: Uint8Array | undefined): boolean {
  if (other === undefined || to - from !== other.length) return false;
  for (let at = 0; at < other.length; at += 1) {
    if (bytes[from + at] !== other[at]) return false;
  }
  return true;
}
