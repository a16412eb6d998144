import { describe, expect, it } from "vitest";
import { framed, frameOf } from "../../../../src/xds/frame.ts";
import { Deframer } from "../../../../src/xds/server/deframer.ts";
import { RequestMemory } from "../../../../src/xds/server/request-memory.ts";

const kib = 1_024;

describe("RequestMemory", () => {
  it("gives again what it was given, for what fits it well", () => {
    const memory = new RequestMemory(1_000 * kib);
    const first = memory.take(60 * kib);
    expect(first).toHaveLength(64 * kib);
    memory.give(first);
    expect(memory.take(10)).toHaveLength(10);
    expect(memory.take(20 * kib)).toHaveLength(32 * kib);
    expect(memory.take(33 * kib)).toBe(first);
    expect(memory.take(33 * kib)).not.toBe(first);
    expect(memory.keptBytes).toBe(0);
  });

  it("keeps no more than it may, and nothing of another size", () => {
    const memory = new RequestMemory(100 * kib);
    for (const bytes of [64, 64, 300, 32, 32]) memory.give(Buffer.alloc(bytes * kib));
    expect(memory.keptBytes).toBe(96 * kib);
  });
});

describe("requests in parts, one after another", () => {
  it("share one piece of memory, and are whole while they are dealt with", () => {
    const memory = new RequestMemory();
    const seen = new Set<ArrayBufferLike>();
    for (let round = 0; round < 20; round += 1) {
      const deframer = new Deframer(1_000 * kib, memory);
      const bytes = frameOf(framed(Buffer.alloc(60 * kib, round)));
      for (let at = 0; at < bytes.length; at += 16 * kib) {
        deframer.push(Buffer.from(bytes.subarray(at, at + 16 * kib)));
        const message = deframer.next();
        if (message === undefined) {
          deframer.prepare();
          continue;
        }
        if (typeof message === "string") throw new Error(message);
        expect(message.every((byte) => byte === round)).toBe(true);
        seen.add(message.buffer);
        deframer.release();
      }
    }
    expect(seen.size).toBe(1);
  });
});
