import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { xxHash64 } from "../../../src/explain/hash.ts";
import { hashRequest } from "../../../src/explain/hash-policy.ts";
import { routerRequest } from "../../../src/explain/request.ts";
import type { RouteActionHashPolicy } from "../../../src/proto/messages.ts";

/** From the reference implementation (python-xxhash 4.1.0): bytes (7 i + n) mod 256 for i < n. */
const vectors: readonly (readonly [number, string])[] = [
  [0, "ef46db3751d8e999"],
  [1, "8a4127811b21e730"],
  [3, "31d2363f52e564c9"],
  [4, "b4d516af63f9c743"],
  [7, "2163df11c0cdf8cd"],
  [8, "d5474d6ca50def58"],
  [12, "a4743d1733af563b"],
  [15, "646187cf6e75240d"],
  [31, "c025b4c3c4880c7a"],
  [32, "178ae25cee6f7994"],
  [33, "4072a28263e977ef"],
  [63, "47948108b5ff3162"],
  [64, "cf35552f599ba94d"],
  [100, "3a7fdc0febf6f5dc"],
  [1000, "958e6485b0af5378"],
];

const bytes = (n: number): string =>
  Array.from({ length: n }, (_, i) => String.fromCharCode((i * 7 + n) % 256)).join("");

describe("xxHash64", () => {
  it.each(vectors)("of %i bytes is that of the reference", (n, hash) => {
    expect(xxHash64(bytes(n)).toString(16)).toBe(hash);
  });

  it("stays within 64 bits, and tells texts apart", () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        const [first, second] = [xxHash64(a), xxHash64(b)];
        expect(BigInt.asUintN(64, first)).toBe(first);
        expect(first === second).toBe(Buffer.from(a, "latin1").equals(Buffer.from(b, "latin1")));
      }),
    );
  });

  it("takes less than a second for 10,000 ids", () => {
    const began = performance.now();
    for (let n = 0; n < 10_000; n++) xxHash64(`user-${n}`);
    expect(performance.now() - began).toBeLessThan(1_000);
  });
});

describe("hash policies", () => {
  const request = routerRequest({
    host: "web",
    path: "/?q=one",
    method: "GET",
    scheme: "http",
    headers: [
      ["x-a", "b"],
      ["x-a", "a"],
      ["x-b", "été"],
      ["cookie", 'c="1"; d='],
    ],
  });
  const header = (header_name: string) => ({ header: { header_name } });
  const hash = (...policies: readonly RouteActionHashPolicy[]) => hashRequest(policies, request);

  it.each<readonly [string, readonly RouteActionHashPolicy[], bigint | undefined]>([
    ["UTF-8 bytes", [header("x-b")], xxHash64("\xc3\xa9t\xc3\xa9")],
    ["sorted values, one seeding the next", [header("X-A")], xxHash64("b", xxHash64("a"))],
    ["a missing header", [header("x-c")], undefined],
    ["a cookie without its quotes", [{ cookie: { name: "c" } }], xxHash64("1")],
    ["an empty cookie", [{ cookie: { name: "d" } }], undefined],
    ["a query parameter", [{ query_parameter: { name: "q" } }], xxHash64("one")],
    [
      "a terminal policy",
      [{ ...header("x-b"), terminal: true }, header("x-a")],
      xxHash64("\xc3\xa9t\xc3\xa9"),
    ],
    [
      "a terminal policy that finds nothing",
      [{ ...header("x-c"), terminal: true }, { query_parameter: { name: "q" } }],
      xxHash64("one"),
    ],
  ])("hash %s", (_, policies, expected) => {
    expect(hash(...policies)).toMatchObject({ hash: expected, unknown: undefined });
  });

  it("turn what they have before they add to it", () => {
    const first = xxHash64("one");
    const turned = BigInt.asUintN(64, (first << 1n) | (first >> 63n));
    const query = { query_parameter: { name: "q" } };
    expect(hash(query, query).hash).toBe(turned ^ first);
  });

  it("salt by rewriting, as RE2 does", () => {
    const salt = { pattern: { regex: "^(.*)$" }, substitution: "web:\\1" };
    const salted = hash({ header: { header_name: "x-b", regex_rewrite: salt } });
    expect(salted.hash).toBe(xxHash64("web:\xc3\xa9t\xc3\xa9"));
    expect(salted.of).toEqual(['header x-b "web:été"']);
  });

  it("say what they cannot know", () => {
    expect(hash({ connection_properties: { source_ip: true } })).toMatchObject({
      hash: undefined,
      unknown: "the client's address",
    });
  });
});
