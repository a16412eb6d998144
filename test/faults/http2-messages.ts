/**
 * Cuts one direction of a gRPC connection into the pieces that a fault can fall between: whole HTTP/2
 * frames, and with the last one of each gRPC message the message itself. https://www.rfc-editor.org/rfc/rfc9113#section-4.1
 */

export interface Piece {
  readonly bytes: Buffer;
  /** Of the frame; 0: of the connection. */
  readonly stream: number;
  /** The beginning of a call, behind which its message comes. */
  readonly opens: boolean;
  /** That ends with these bytes. */
  readonly message: Buffer | undefined;
}

const preface = 24;
const frameHeader = 9;
const messageHeader = 5;
const dataFrame = 0;
const headersFrame = 1;
const endStream = 1;

export class Http2Messages {
  #rest: Buffer = Buffer.alloc(0);
  /** A client introduces itself; a server does not. */
  #isIntroduced: boolean;
  /** What has come of the message under way, by stream. */
  readonly #partial = new Map<number, Buffer>();

  constructor(from: "client" | "server") {
    this.#isIntroduced = from === "server";
  }

  /** Whole frames; what is left over waits for its end. */
  *take(bytes: Buffer): Iterable<Piece> {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    if (!this.#isIntroduced) {
      if (this.#rest.length < preface) return;
      this.#isIntroduced = true;
      yield { bytes: this.#cut(preface), stream: 0, opens: false, message: undefined };
    }
    while (this.#rest.length >= frameHeader) {
      const length = frameHeader + this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < length) return;
      const frame = this.#cut(length);
      const stream = frame.readUInt32BE(5);
      const opens = frame[3] === headersFrame && ((frame[4] ?? 0) & endStream) === 0;
      yield { bytes: frame, stream, opens, message: this.#messageIn(frame, stream) };
    }
  }

  #cut(length: number): Buffer {
    const piece = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return piece;
  }

  /** Neither side pads, and a frame has one message at the most. */
  #messageIn(frame: Buffer, stream: number): Buffer | undefined {
    if (frame[3] !== dataFrame) return undefined;
    const before = this.#partial.get(stream) ?? Buffer.alloc(0);
    const whole = Buffer.concat([before, frame.subarray(frameHeader)]);
    const isWhole =
      whole.length >= messageHeader && whole.length >= messageHeader + whole.readUInt32BE(1);
    const isOver = ((frame[4] ?? 0) & endStream) !== 0;
    if (isWhole || isOver) this.#partial.delete(stream);
    else this.#partial.set(stream, whole);
    return isWhole ? whole.subarray(messageHeader) : undefined;
  }
}
