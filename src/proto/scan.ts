/**
 * Walks over the fields of an encoded message without decoding them: a request that repeats ten
 * thousand names is looked at, and not turned into ten thousand strings.
 * https://protobuf.dev/programming-guides/encoding/#structure
 */

export const lengthDelimited = 2;

/**
 * A position in a message; `next` goes from field to field. The fields of the scanner itself tell of
 * the present one, so that a walk over many makes no objects.
 */
export class FieldScanner {
  readonly bytes: Uint8Array;
  number = 0;
  wireType = 0;
  /** Where the field starts, its tag included. */
  tagAt = 0;
  /** Where its value starts and ends; that of length-delimited ones without the length. */
  from = 0;
  to = 0;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, from = 0, to = bytes.length) {
    this.bytes = bytes;
    this.#at = from;
    this.#end = to;
  }

  /** False at the end. Throws a RangeError where the bytes are no message. */
  next(): boolean {
    if (this.#at >= this.#end) return false;
    this.tagAt = this.#at;
    const tag = this.#varint();
    this.number = tag >>> 3;
    this.wireType = tag & 7;
    if (this.wireType === lengthDelimited) {
      const length = this.#varint();
      this.from = this.#at;
      this.#at += length;
    } else {
      this.from = this.#at;
      this.#skip(tag, 0);
    }
    if (this.#at > this.#end) throw new RangeError("the bytes end inside a field");
    this.to = this.#at;
    return true;
  }

  /** A number of at most 32 bits; longer ones, as of enums below zero, are cut. */
  #varint(): number {
    const { bytes } = this;
    let byte = bytes[this.#at];
    if (byte !== undefined && byte < 0x80) {
      this.#at += 1;
      return byte;
    }
    let value = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      byte = bytes[this.#at];
      if (byte === undefined) throw new RangeError("the bytes end inside a number");
      this.#at += 1;
      if (shift < 32) value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value >>> 0;
    }
    throw new RangeError("a number is too long");
  }

  #skip(tag: number, depth: number): void {
    switch (tag & 7) {
      case 0:
        this.#varint();
        return;
      case 1:
        this.#at += 8;
        return;
      case 2: {
        const length = this.#varint();
        this.#at += length;
        return;
      }
      case 3:
        this.#skipGroup(tag, depth);
        return;
      case 5:
        this.#at += 4;
        return;
      default:
        throw new RangeError(`no wire type ${tag & 7}`);
    }
  }

  #skipGroup(start: number, depth: number): void {
    if (depth > nestingMax) throw new RangeError(`nested deeper than ${nestingMax}`);
    for (;;) {
      const tag = this.#varint();
      if ((tag & 7) === 4) {
        if (tag >>> 3 !== start >>> 3) throw new RangeError("a group ends that did not start");
        return;
      }
      this.#skip(tag, depth + 1);
    }
  }
}

const nestingMax = 32;
