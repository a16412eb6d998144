import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseTokens } from "../../../../src/admin/access/parse-tokens.ts";
import { hashOf, makeToken } from "../../../../src/admin/access/token.ts";
import { limits } from "../../../../src/config/limits.ts";
import { seed } from "../../../support/seed.ts";

const hash = (of: string): string => hashOf(of).toString("hex");
const alice = `- name: alice\n  role: operator\n  sha256: ${hash("a")}\n`;

const errorOf = (text: string): string => {
  const parsed = parseTokens(text);
  return parsed.ok ? "" : parsed.error;
};

describe("a file of tokens", () => {
  it("is YAML or JSON", () => {
    const yaml = `# who may\n${alice}- { name: ci@example.org, role: viewer, sha256: ${hash("b").toUpperCase()}, expires: 2027-01-31 }\n`;
    const json = JSON.stringify([
      { name: "alice", role: "operator", sha256: hash("a") },
      {
        name: "ci@example.org",
        role: "viewer",
        sha256: hash("b"),
        expires: "2027-01-31T00:00:00Z",
      },
    ]);
    const tokens = [
      { name: "alice", role: "operator", hash: hashOf("a"), expiresMs: undefined },
      {
        ...{ name: "ci@example.org", role: "viewer", hash: hashOf("b") },
        expiresMs: Date.UTC(2027, 0, 31),
      },
    ];
    expect(parseTokens(yaml)).toEqual({ ok: true, value: tokens });
    expect(parseTokens(json)).toEqual({ ok: true, value: tokens });
  });

  it("may be a list of nobody, and takes a hash that YAML has for a number", () => {
    expect(parseTokens("[]")).toEqual({ ok: true, value: [] });
    for (const digits of ["1".repeat(64), `${"1".repeat(60)}e123`]) {
      const parsed = parseTokens(`- { name: a, role: admin, sha256: ${digits} }`);
      expect(parsed.ok && Buffer.from(parsed.value[0]?.hash ?? []).toString("hex")).toBe(digits);
    }
  });

  const hashes = (count: number): string =>
    Array.from(
      { length: count },
      (_, i) => `- { name: n${i}, role: viewer, sha256: ${hash(String(i))} }\n`,
    ).join("");
  const token = makeToken();

  it.each([
    ["", 'it takes a list of { name, role, sha256 }; "[]" lets nobody in'],
    ["tokens: []", 'it takes a list of { name, role, sha256 }; "[]" lets nobody in'],
    [`${alice}  role: admin\n`, "line 4: Map keys must be unique"],
    [`${alice}- [`, "line 4: Flow sequence"],
    [`[]\n---\n${alice}`, "line 2: "],
    [`${alice}- bob\n`, "line 4, entry 2: takes { name, role, sha256 }"],
    [`${alice}- *a\n`, "line 4, entry 2: takes { name, role, sha256 }"],
    [`- role: viewer\n  sha256: ${hash("a")}\n`, "line 1, entry 1: name is missing"],
    ["- name: bob\n", "line 1, entry 1: role takes viewer, operator, admin"],
    [
      `- { name: bob, role: root, sha256: ${hash("a")} }`,
      "entry 1: role takes viewer, operator, admin",
    ],
    [`- { name: bob, role: [admin], sha256: ${hash("a")} }`, "entry 1: role takes viewer"],
    ["- { name: bob, role: admin }", "entry 1: sha256 is missing"],
    [
      `- { name: bob, role: admin, sha256: ${hash("a").slice(1)} }`,
      "sha256 takes 64 hexadecimal digits, and there are 63 characters",
    ],
    [
      `- { name: bob, role: admin, sha256: ${"g".repeat(64)} }`,
      "sha256 takes 64 hexadecimal digits",
    ],
    [
      `- { name: bob, role: admin, sha256: ${token} }`,
      "sha256 is a token; it takes the SHA-256 of one",
    ],
    [`- { name: "-x", role: admin, sha256: ${hash("a")} }`, "name takes 1 to 63 letters"],
    [`- { name: "a\\nb", role: admin, sha256: ${hash("a")} }`, "name takes 1 to 63 letters"],
    [`- { name: a, role: admin, sha256: ${hash("a")}, hash: x }`, 'there is no field "hash"'],
    [
      `- { name: a, role: admin, sha256: ${hash("a")}, expires: 90d }`,
      "expires takes 2027-01-31T12:00:00Z",
    ],
    [
      `- { name: a, role: admin, sha256: ${hash("a")}, expires: 2027-02-30 }`,
      "expires takes 2027-01-31T12:00:00Z",
    ],
    [
      `${alice}- { name: alice, role: admin, sha256: ${hash("b")} }`,
      "line 4, entry 2: there is another entry named alice",
    ],
    [
      `${alice}- { name: bob, role: admin, sha256: ${hash("a").toUpperCase()} }`,
      "line 4, entry 2: sha256 is that of alice as well",
    ],
    [hashes(limits.access.tokens + 1), "it has 1001 entries, and may have 1000"],
  ])("is refused, case %#", (text, error) => {
    expect(errorOf(text)).toContain(error);
    expect(errorOf(text)).not.toContain(token);
    expect(errorOf(text).split("\n")).toHaveLength(1);
  });

  it("never makes the parser throw, and never lets in what it does not say", () => {
    const soup = fc.array(
      fc.constantFrom(
        "- ",
        "name",
        ": ",
        "role",
        "admin",
        "sha256",
        hash("x"),
        "{",
        "}",
        "[",
        "]",
        "\n",
        "  ",
        ",",
        "&a ",
        "*a",
        "!!binary ",
        '"',
        "__proto__",
        "<<",
        "---",
        "? ",
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 80 }),
          soup.map((parts) => parts.join("")),
        ),
        (text) => {
          const parsed = parseTokens(text);
          for (const { hash: bytes, role } of parsed.ok ? parsed.value : []) {
            expect(text).toContain(Buffer.from(bytes).toString("hex"));
            expect(text).toContain(role);
          }
        },
      ),
      { seed, numRuns: 2_000 },
    );
  });
});
