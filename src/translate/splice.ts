/**
 * Builds a message from parts that are encoded already. A repeated field may stand anywhere in a
 * message, any number of times, so encoded elements can follow the rest. 10,000 virtual hosts share
 * one route configuration: a change encodes the one that changed and copies the others.
 * https://protobuf.dev/programming-guides/encoding/#optional
 */

const lengthDelimited = 2;

/** `message`, followed by `elements` of its repeated message field number `field`. */
export function withElements(
  message: Uint8Array,
  field: number,
  elements: readonly Uint8Array[],
): Uint8Array {
  const tag = (field << 3) | lengthDelimited;
  let size = message.length;
  for (const { length } of elements) size += varintSize(tag) + varintSize(length) + length;
  const spliced = new Uint8Array(size);
  spliced.set(message);
  let at = message.length;
  for (const element of elements) {
    at = writeVarint(spliced, writeVarint(spliced, at, tag), element.length);
    spliced.set(element, at);
    at += element.length;
  }
  return spliced;
}

/** Base-128, least significant group first; returns where it ends. */
function writeVarint(into: Uint8Array, at: number, value: number): number {
  let end = at;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) {
    into[end] = (rest & 0x7f) | 0x80;
    end += 1;
  }
  into[end] = rest;
  return end + 1;
}

function varintSize(value: number): number {
  let size = 1;
  for (let rest = value; rest > 0x7f; rest >>>= 7) size += 1;
  return size;
}
