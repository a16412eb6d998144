import { describe, expect, it } from "vitest";
import { ipSpelling } from "../../../src/lib/ip-spelling.ts";

describe("the spelling of an IP address", () => {
  it.each([
    ["10.0.0.1", "10.0.0.1"],
    ["::1", "::1"],
    ["0:0:0::0:1", "::1"],
    ["2001:DB8:0:0::A", "2001:db8::a"],
    ["::ffff:10.0.0.1", "::ffff:a00:1"],
    ["010.0.0.1", undefined],
    ["10.1", undefined],
    ["fe80::1%eth0", undefined],
    ["localhost", undefined],
    ["", undefined],
  ])("of %j is %j", (text, spelling) => {
    expect(ipSpelling(text)).toBe(spelling);
  });
});
