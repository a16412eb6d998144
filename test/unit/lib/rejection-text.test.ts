import { describe, expect, it } from "vitest";
import { withoutDump } from "../../../src/lib/rejection-text.ts";

const block = `
common_tls_context {
  tls_certificates {
    private_key {
      inline_string: "-----BEGIN PRIVATE KEY-----\\nCANARY\\n-----END PRIVATE KEY-----\\n"
    }
  }
}
`;
const failed =
  "Proto constraint validation failed (CdsValidationError.Clusters[0]: embedded message failed " +
  "validation | caused by ClusterValidationError.ConnectTimeout: value must be greater than 0s)";

describe("what a proxy says of a resource", () => {
  it.each([
    ["Failed to load certificate chain from <inline>"],
    ["Error adding/updating cluster(s) web/v1: unknown subset 'v3', b: ring hash: 9 > 8"],
    [""],
  ])("stays as it is: %s", (text) => {
    expect(withoutDump(text)).toBe(text);
  });

  it.each([
    [`goo.gle/debugstr   ${block}`, "[dump left out]"],
    [`goo.gle/debugonly  ${block}: ${failed}`, `[dump left out] ${failed}`],
    [`${failed}: name: "CANARY"${block}`, `${failed}: [dump left out]`],
    [
      "Error adding/updating cluster(s) k: Invalid duration: goo.gle/debugproto\nseconds: -1\n",
      "Error adding/updating cluster(s) k: Invalid duration: [dump left out]",
    ],
    [
      'Unable to parse JSON as proto (near 1:27): unexpected: {"sni":{"x":"CANARY"}}',
      "Unable to parse JSON as proto (near 1:27): unexpected: [dump left out]",
    ],
    ['constraint failed: inline_string: "CANARY"', "constraint failed: [dump left out]"],
    [`bad proto [type.googleapis.com/a.B] ${block}`, "bad [dump left out]"],
    ["no key: -----BEGIN PRIVATE KEY-----\nCANARY", "no key: [dump left out]"],
  ])("loses its dump: %j", (text, rest) => {
    expect(withoutDump(text)).toBe(rest);
  });

  it.each([
    `goo.gle/debugonly ${block}: Proto constraint validation failed (AValidationError.B: "CANARY")`,
    `goo.gle/debugonly ${block}: Proto constraint validation failed (CANARY)`,
    `goo.gle/debugonly x: "a: Proto constraint validation failed (AValidationError.B: canary)"`,
  ])("keeps a constraint after a dump in its fixed form only: %j", (text) => {
    expect(withoutDump(text)).toBe("[dump left out]");
  });

  it.each([
    "value must be inside range [200, 600)",
    "value must contain at least 1 item(s)",
    'value does not match regex pattern "^:?[0-9a-zA-Z!#$%&\'*+-.^_|`~]+$"',
  ])("keeps a constraint that tells its bounds: %s", (reason) => {
    const told = `Proto constraint validation failed (AValidationError.B: ${reason})`;
    expect(withoutDump(`goo.gle/debugonly ${block}: ${told}`)).toBe(`[dump left out] ${told}`);
  });

  it("is read in linear time", () => {
    const long = "a".repeat(4_000_000);
    const began = performance.now();
    for (const text of [long, ` ${" ".repeat(4_000_000)}{`, `{\n: Proto constraint ${long}`]) {
      withoutDump(text);
    }
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});
