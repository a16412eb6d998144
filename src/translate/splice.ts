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
  const tag = varint((field << 3) | lengthDelimited);
  const parts: Uint8Array[] = [message];
  for (const element of elements) parts.push(tag, varint(element.length), element);
  return Buffer.concat(parts);
}

/** Base-128, least significant group first. */
function varint(value: number): Uint8Array {
  const groups: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    groups.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  groups.push(rest);
  return Uint8Array.from(groups);
}
