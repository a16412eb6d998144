import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createEventReader } from "../../../src/api/event-reader.ts";

const text =
  'event: hello\ndata: {"a":1}\n\n: still here\n\nevent: gone\r\ndata: one\r\ndata: two\r\n\r\n';
const events = [
  { event: "hello", data: '{"a":1}' },
  { event: "gone", data: "one\ntwo" },
];

describe("the reader of a stream of events", () => {
  it("gives each event when its empty line has come, and nothing for a comment", () => {
    expect(createEventReader()(text)).toEqual(events);
  });

  it("gives the same, wherever the stream is cut", () => {
    // A cut between CR and LF is not among them: serin ends lines by LF.
    const plain = text.replaceAll("\r", "");
    fc.assert(
      fc.property(fc.array(fc.nat(plain.length)), (cuts) => {
        const read = createEventReader();
        const at = [0, ...cuts.sort((a, b) => a - b), plain.length];
        const found = at.slice(1).flatMap((end, i) => read(plain.slice(at[i], end)));
        expect(found).toEqual(events);
      }),
    );
  });

  it("takes an event without a name as a message, and says nothing of half an event", () => {
    const read = createEventReader();
    expect(read("data:x\n\ndata: y\n")).toEqual([{ event: "message", data: "x" }]);
    expect(read("\n")).toEqual([{ event: "message", data: "y" }]);
  });
});
