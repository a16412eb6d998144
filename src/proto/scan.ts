/**
 * Walks over the fields of an encoded message without decoding what is in them: a request that
 * repeats ten thousand names is looked at, and not turned into ten thousand strings.
 * https://protobuf.dev/programming-guides/encoding/#structure
 */

/** Called with the number of a field, where its tag starts, and where its value starts and ends. */
export type VisitField = (
  number: number,
  wireType: number,
  tagAt: number,
  from: number,
  to: number,
) => void;

export const lengthDelimited = 2;

/** The fields of the message at `start`, up to `end`. Throws a RangeError where it is none. */
export function scanFields(
  bytes: Uint8Array,
  visit: VisitField,
  start = 0,
  end = bytes.length,
): void {
  const cursor: Cursor = { bytes, at: start };
  while (cursor.at < end) {
    const tagAt = cursor.at;
    const tag = readVarint(cursor);
    const wireType = tag & 7;
    const length = wireType === lengthDelimited ? readVarint(cursor) : undefined;
    const from = cursor.at;
    if (length !== undefined) cursor.at += length;
    else skip(cursor, tag, 0);
    if (cursor.at > end) throw new RangeError("the bytes end inside a field");
    visit(tag >>> 3, wireType, tagAt, from, cursor.at);
  }
}

/** Calls `visit` with the payload of each element of a run of length-delimited fields. */
export function scanElements(run: Uint8Array, visit: (from: number, to: number) => void): void {
  scanFields(run, (_number, _wireType, _tagAt, from, to) => visit(from, to));
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

/** A number of at most 32 bits; longer ones, as of enums below zero, are cut. */
function readVarint(cursor: Cursor): number {
  const { bytes } = cursor;
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = bytes[cursor.at];
    if (byte === undefined) throw new RangeError("the bytes end inside a number");
    cursor.at += 1;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw new RangeError("a number is too long");
}

const nestingMax = 32;

function skip(cursor: Cursor, tag: number, depth: number): void {
  switch (tag & 7) {
    case 0:
      readVarint(cursor);
      return;
    case 1:
      cursor.at += 8;
      return;
    case 2: {
      const length = readVarint(cursor);
      cursor.at += length;
      return;
    }
    case 3:
      skipGroup(cursor, tag, depth);
      return;
    case 5:
      cursor.at += 4;
      return;
    default:
      throw new RangeError(`no wire type ${tag & 7}`);
  }
}

function skipGroup(cursor: Cursor, start: number, depth: number): void {
  if (depth > nestingMax) throw new RangeError(`nested deeper than ${nestingMax}`);
  for (;;) {
    const tag = readVarint(cursor);
    if ((tag & 7) === 4) {
      if (tag >>> 3 !== start >>> 3) throw new RangeError("a group ends that did not start");
      return;
    }
    skip(cursor, tag, depth + 1);
  }
}
