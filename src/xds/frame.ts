/**
 * The frame that gRPC puts around a message: one byte that says whether it is compressed, four of
 * length. A message is framed once, where it is made, and all its streams write the same bytes.
 * https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md (Length-Prefixed-Message)
 */

/** Bytes before each message. */
export const prefixBytes = 5;

const frames = new WeakMap<Uint8Array, Buffer>();

/** The same message with its frame before it in memory: `frameOf` then copies nothing. */
export function framed(message: Uint8Array): Uint8Array {
  const frame = Buffer.allocUnsafeSlow(prefixBytes + message.length);
  frame.writeUInt8(0, 0);
  frame.writeUInt32BE(message.length, 1);
  frame.set(message, prefixBytes);
  const inFrame = frame.subarray(prefixBytes);
  frames.set(inFrame, frame);
  return inFrame;
}

/** The frame around `message`, made at its first use where `framed` did not. */
export function frameOf(message: Uint8Array): Buffer {
  const known = frames.get(message);
  if (known !== undefined) return known;
  const frame = frames.get(framed(message)) ?? Buffer.alloc(0);
  frames.set(message, frame);
  return frame;
}
