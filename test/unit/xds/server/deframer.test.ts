import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { framed, frameOf, prefixBytes } from "../../../../src/xds/frame.ts";
import { Deframer } from "../../../../src/xds/server/deframer.ts";
import { RequestMemory } from "../../../../src/xds/server/request-memory.ts";

const max = 100;

/** What comes out when the bytes arrive in chunks of these sizes, taken after each. */
function through(bytes: Buffer, sizes: readonly number[]): readonly unknown[] {
  const deframer = new Deframer(max, new RequestMemory());
  const out: unknown[] = [];
  let at = 0;
  for (const size of [...sizes, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(at, at + size));
    at += chunk.length;
    deframer.push(chunk);
    for (;;) {
      const next = deframer.next();
      if (next === undefined) {
        if (out.length % 2 === 0) deframer.keep();
        else deframer.prepare();
        break;
      }
      out.push(typeof next === "string" ? next : Buffer.from(next).toString("hex"));
      if (typeof next === "string") return out;
      deframer.release();
    }
  }
  expect(deframer.heldBytes).toBe(0);
  return out;
}

describe("frameOf", () => {
  it("is a prefix of flag and length, and the message", () => {
    const frame = frameOf(Buffer.from("abc"));
    expect(frame).toEqual(Buffer.from([0, 0, 0, 0, 3, 97, 98, 99]));
  });

  it("is made once: all streams write the same memory", () => {
    const message = framed(Buffer.from("abc"));
    expect(frameOf(message)).toBe(frameOf(message));
    expect(frameOf(message).buffer).toBe(message.buffer);
    const plain = Buffer.from("abc");
    expect(frameOf(plain)).toBe(frameOf(plain));
  });
});

describe("Deframer", () => {
  it("gives the messages that were framed, wherever the chunks part", () => {
    const messages = fc.array(fc.uint8Array({ maxLength: max }), { maxLength: 8 });
    const sizes = fc.array(fc.nat({ max: 40 }), { maxLength: 40 });
    fc.assert(
      fc.property(messages, sizes, (sent, cuts) => {
        const bytes = Buffer.concat(sent.map(frameOf));
        const got = through(bytes, cuts);
        expect(got).toEqual(sent.map((message) => Buffer.from(message).toString("hex")));
      }),
    );
  });

  it("takes messages when many are held, and what was taken stays as it was", () => {
    const deframer = new Deframer(max, new RequestMemory());
    const frames = ["one", "two", "three"].map((text) => frameOf(Buffer.from(text)));
    const bytes = Buffer.concat(frames);
    deframer.push(Buffer.from(bytes.subarray(0, 10)));
    const first = deframer.next();
    expect(deframer.next()).toBeUndefined();
    deframer.push(Buffer.from(bytes.subarray(10)));
    const rest = [deframer.next(), deframer.next(), deframer.next()];
    const texts = [first, ...rest].map((one) => one instanceof Uint8Array && String(one));
    expect(texts).toEqual(["one", "two", "three", false]);
  });

  it.each([
    ["a few times at the most, also where they come one by one", false, 2],
    ["once where there is room for all of them", true, 0.1],
  ])("moves each byte %s", (_what, prepared, most) => {
    const length = 1_000_000;
    const deframer = new Deframer(length, new RequestMemory());
    const frame = frameOf(Buffer.alloc(length, 1));
    const copy = Buffer.prototype.copy;
    let copied = 0;
    Buffer.prototype.copy = function counted(this: Buffer, ...rest: Parameters<typeof copy>) {
      const bytes = copy.apply(this, rest);
      copied += bytes;
      return bytes;
    };
    try {
      for (let at = 0; at < frame.length; at += 7) {
        deframer.push(frame.subarray(at, at + 7));
        const next = deframer.next();
        if (prepared && next === undefined) deframer.prepare();
        else if (next === undefined) deframer.keep();
        if (at + 7 >= frame.length) expect(next).toHaveLength(length);
      }
    } finally {
      Buffer.prototype.copy = copy;
    }
    expect(copied).toBeLessThan(most * frame.length);
  });

  it("does not keep a large chunk for a few bytes that are left over of it", () => {
    const deframer = new Deframer(max, new RequestMemory());
    const chunk = Buffer.concat([frameOf(Buffer.alloc(90)), Buffer.from([0, 0])]);
    deframer.push(chunk);
    expect(deframer.next()).toHaveLength(90);
    expect(deframer.next()).toBeUndefined();
    deframer.keep();
    chunk.fill(0xff);
    deframer.push(Buffer.from([0, 0, 1, 42]));
    expect(deframer.next()).toEqual(Buffer.from([42]));
  });

  it("refuses a message that is too long as soon as its length has come", () => {
    const deframer = new Deframer(max, new RequestMemory());
    deframer.push(Buffer.from([0, 0, 0, 0, max + 1]));
    expect(deframer.next()).toBe("too_large");
    expect(through(frameOf(Buffer.alloc(max)), [prefixBytes])).toHaveLength(1);
  });

  it("refuses a compressed message", () => {
    expect(through(Buffer.from([1, 0, 0, 0, 0]), [])).toEqual(["compressed"]);
  });
});
