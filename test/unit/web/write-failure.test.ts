import { describe, expect, it } from "vitest";
import { writeFailure } from "../../../src/web/write/write-failure.ts";

const of = (status: number, code = "") => writeFailure({ status, code });

describe("a write that did not answer well", () => {
  it("may have been written where nobody who knows has said otherwise", () => {
    expect(of(0, "no-answer")).toBe("unknown");
    expect(of(504, "write-ambiguous")).toBe("unknown");
    // Of a proxy between serin and the page, which knows nothing of problems.
    expect([of(502), of(503), of(504)]).toEqual(["unknown", "unknown", "unknown"]);
    expect([of(499, "client-gone"), of(500, "internal")]).toEqual(["unknown", "unknown"]);
  });

  it("was not written where serin says so", () => {
    expect(of(503, "store-unavailable")).toBe("refused");
    expect([of(400, "bad-request"), of(403, "forbidden"), of(422, "invalid-object")]).toEqual(
      Array(3).fill("refused"),
    );
  });

  it("is about what others changed only where it says that, and not at each conflict", () => {
    expect(of(412, "precondition-failed")).toBe("changed");
    expect(of(409, "conflict")).toBe("refused");
  });
});
