/**
 * What a reconnecting delta proxy says it holds, compared with what it should see: exactly, name by
 * name and version by version, and without a string made while they agree.
 * https://www.envoyproxy.io/docs/envoy/latest/api-docs/xds_protocol#client-behavior-2
 */
import { FieldScanner, lengthDelimited } from "../proto/scan.ts";
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
  /** Name and version of each, one after another; where they start, and the last one ends. */
  readonly #texts: DataView;
  readonly #starts: Int32Array;
  /** Open addressing: 1 + index of a resource, or 0. */
  readonly #slots: Int32Array;
  readonly #mask: number;
  /** Round in which a resource was last found in its present version, and in another one. */
  readonly #current: Uint32Array;
  readonly #other: Uint32Array;
  #round = 0;

  constructor(resources: readonly Resource[]) {
    this.#resources = resources;
    const texts = resources.flatMap(({ name, version }) => [
      Buffer.from(name),
      Buffer.from(version),
    ]);
    this.#texts = viewOf(Buffer.concat(texts));
    this.#starts = new Int32Array(texts.length + 1);
    for (const [index, { length }] of texts.entries()) {
      this.#starts[index + 1] = this.#start(index) + length;
    }
    let size = 4;
    while (size < 2 * resources.length) size *= 2;
    this.#mask = size - 1;
    this.#slots = new Int32Array(size);
    this.#current = new Uint32Array(resources.length);
    this.#other = new Uint32Array(resources.length);
    for (let index = 0; index < resources.length; index += 1) {
      const hash = hashOf(this.#texts, this.#start(2 * index), this.#start(2 * index + 1));
      let slot = hash & this.#mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & this.#mask;
      this.#slots[slot] = index + 1;
    }
  }

  /** What it takes in memory. */
  get bytes(): number {
    const views = [this.#texts, this.#starts, this.#slots, this.#current, this.#other];
    return views.reduce((sum, { byteLength }) => sum + byteLength, 8 * this.#resources.length);
  }

  #start(text: number): number {
    return this.#starts[text] ?? 0;
  }

  compare(known: KnownVersions): Known {
    this.#round += 1;
    const round = this.#round;
    const others = new Set<string>();
    const entry = new Entry(known);
    const bytes = viewOf(known);
    let current = 0;
    while (entry.next()) {
      const index = this.#find(bytes, entry);
      if (index === -1) {
        others.add(entry.name());
        continue;
      }
      const was = this.#current[index] === round;
      const is = this.#isText(2 * index + 1, bytes, entry.versionFrom, entry.versionTo);
      // Of entries with the same name the last one counts.
      if (is && !was) current += 1;
      if (!is && was) current -= 1;
      this.#current[index] = is ? round : 0;
      if (!is) this.#other[index] = round;
    }
    if (current === this.#resources.length) return { stale: [], adds: false, others: [...others] };
    const isStale = (index: number): boolean => this.#current[index] !== round;
    const stale = this.#resources.filter((_, index) => isStale(index));
    const adds = this.#resources.some((_, i) => isStale(i) && this.#other[i] !== round);
    return { stale, adds, others: [...others] };
  }

  #find(bytes: DataView, { nameFrom, nameTo }: Entry): number {
    let slot = hashOf(bytes, nameFrom, nameTo) & this.#mask;
    for (;;) {
      const index = (this.#slots[slot] ?? 0) - 1;
      if (index === -1) return -1;
      if (this.#isText(2 * index, bytes, nameFrom, nameTo)) return index;
      slot = (slot + 1) & this.#mask;
    }
  }

  #isText(text: number, bytes: DataView, from: number, to: number): boolean {
    const start = this.#start(text);
    if (to - from !== this.#start(text + 1) - start) return false;
    const texts = this.#texts;
    const shift = start - from;
    let at = from;
    for (; at + 4 <= to; at += 4) {
      if (bytes.getInt32(at) !== texts.getInt32(at + shift)) return false;
    }
    for (; at < to; at += 1) if (bytes.getUint8(at) !== texts.getUint8(at + shift)) return false;
    return true;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** FNV-1a by words, 32 bits, mixed. Who could make names collide here writes the store. */
function hashOf(bytes: DataView, from: number, to: number): number {
  let hash = 0x811c9dc5;
  let at = from;
  for (; at + 4 <= to; at += 4) hash = Math.imul(hash ^ bytes.getInt32(at), 0x01000193);
  for (; at < to; at += 1) hash = Math.imul(hash ^ bytes.getUint8(at), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) >>> 0;
}

const mapKey = 1;
const mapValue = 2;

/** Throws a RangeError where the bytes from `from` to `to` are no entry of `KnownVersions`. */
export function checkKnown(bytes: Uint8Array, from: number, to: number): void {
  if (isUsual(bytes, from, to)) return;
  const field = new FieldScanner(bytes, from, to);
  while (field.next());
}

/** Whether an entry is a short name, then a short version, and nothing else. */
function isUsual(bytes: Uint8Array, from: number, to: number): boolean {
  const nameLength = bytes[from + 1] ?? 0x80;
  const versionAt = from + 2 + nameLength;
  const versionLength = bytes[versionAt + 1] ?? 0x80;
  if (nameLength > 0x7f || versionLength > 0x7f) return false;
  if (bytes[from] !== 0x0a || bytes[versionAt] !== 0x12) return false;
  return versionAt + 2 + versionLength === to;
}

/** A position in the entries: a name and a version each, of which either may be missing. */
class Entry {
  readonly bytes: Uint8Array;
  nameFrom = 0;
  nameTo = 0;
  versionFrom = 0;
  versionTo = 0;
  readonly #entry: FieldScanner;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#entry = new FieldScanner(bytes);
  }

  next(): boolean {
    const entry = this.#entry;
    if (!entry.next()) return false;
    if (this.#takeUsual(entry.from, entry.to)) return true;
    this.nameFrom = 0;
    this.nameTo = 0;
    this.versionFrom = 0;
    this.versionTo = 0;
    const field = new FieldScanner(this.bytes, entry.from, entry.to);
    while (field.next()) {
      if (field.wireType !== lengthDelimited) continue;
      if (field.number === mapKey) {
        this.nameFrom = field.from;
        this.nameTo = field.to;
      } else if (field.number === mapValue) {
        this.versionFrom = field.from;
        this.versionTo = field.to;
      }
    }
    return true;
  }

  #takeUsual(from: number, to: number): boolean {
    const { bytes } = this;
    if (!isUsual(bytes, from, to)) return false;
    this.nameFrom = from + 2;
    this.nameTo = this.nameFrom + (bytes[from + 1] ?? 0);
    this.versionFrom = this.nameTo + 2;
    this.versionTo = to;
    return true;
  }

  name(): string {
    return this.#text(this.nameFrom, this.nameTo);
  }

  version(): string {
    return this.#text(this.versionFrom, this.versionTo);
  }

  #text(from: number, to: number): string {
    const { buffer, byteOffset, byteLength } = this.bytes;
    return Buffer.from(buffer, byteOffset, byteLength).toString("utf8", from, to);
  }
}

/** The version that a proxy says it holds of one resource; of entries with the same name the last. */
export function knownVersion(known: KnownVersions, resource: string): string | undefined {
  let found: string | undefined;
  const entry = new Entry(known);
  while (entry.next()) if (entry.name() === resource) found = entry.version();
  return found;
}
