/**
 * XXH64, by which Envoy hashes what a hash policy names. BigInt is fast enough for ids
 * of people (some 100,000 a second), needs no start as WebAssembly does, and reads as the rules do.
 * https://github.com/Cyan4973/xxHash/blob/dev/doc/xxhash_spec.md
 */

const prime1 = 0x9e3779b185ebca87n;
const prime2 = 0xc2b2ae3d27d4eb4fn;
const prime3 = 0x165667b19e3779f9n;
const prime4 = 0x85ebca77c2b2ae63n;
const prime5 = 0x27d4eb2f165667c5n;

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);
const times = (a: bigint, b: bigint): bigint => u64(a * b);

/** The 64 bits of `value` turned left. */
export const rotateLeft = (value: bigint, bits: bigint): bigint =>
  u64(value << bits) | (value >> (64n - bits));

/** Hash of bytes, each a character up to U+00FF (`latin1`). */
export function xxHash64(text: string, seed = 0n): bigint {
  const bytes = Buffer.from(text, "latin1");
  const stripes = bytes.length - (bytes.length % 32);
  const start = stripes === 0 ? u64(seed + prime5) : hashStripes(bytes, stripes, seed);
  return avalanche(hashTail(bytes, stripes, u64(start + BigInt(bytes.length))));
}

const round = (lane: bigint, input: bigint): bigint =>
  times(rotateLeft(u64(lane + times(input, prime2)), 31n), prime1);

/** Four lanes, each taking every fourth word of 8 bytes. */
function hashStripes(bytes: Buffer, end: number, seed: bigint): bigint {
  let first = u64(seed + prime1 + prime2);
  let second = u64(seed + prime2);
  let third = seed;
  let fourth = u64(seed - prime1);
  for (let at = 0; at < end; at += 32) {
    first = round(first, bytes.readBigUInt64LE(at));
    second = round(second, bytes.readBigUInt64LE(at + 8));
    third = round(third, bytes.readBigUInt64LE(at + 16));
    fourth = round(fourth, bytes.readBigUInt64LE(at + 24));
  }
  const sum =
    rotateLeft(first, 1n) +
    rotateLeft(second, 7n) +
    rotateLeft(third, 12n) +
    rotateLeft(fourth, 18n);
  return [first, second, third, fourth].reduce(
    (hash, lane) => u64(times(hash ^ round(0n, lane), prime1) + prime4),
    u64(sum),
  );
}

function hashTail(bytes: Buffer, from: number, start: bigint): bigint {
  let hash = start;
  let at = from;
  for (; at + 8 <= bytes.length; at += 8) {
    hash ^= round(0n, bytes.readBigUInt64LE(at));
    hash = u64(times(rotateLeft(hash, 27n), prime1) + prime4);
  }
  if (at + 4 <= bytes.length) {
    hash ^= times(BigInt(bytes.readUInt32LE(at)), prime1);
    hash = u64(times(rotateLeft(hash, 23n), prime2) + prime3);
    at += 4;
  }
  for (; at < bytes.length; at++) {
    hash ^= times(BigInt(bytes.readUInt8(at)), prime5);
    hash = times(rotateLeft(hash, 11n), prime1);
  }
  return hash;
}

function avalanche(start: bigint): bigint {
  let hash = times(start ^ (start >> 33n), prime2);
  hash = times(hash ^ (hash >> 29n), prime3);
  return hash ^ (hash >> 32n);
}
