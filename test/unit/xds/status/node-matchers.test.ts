import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import type { NodeMatcher, StringMatcher } from "../../../../src/proto/messages.ts";
import { connectedProxy } from "../../../../src/xds/connected-proxy.ts";
import { anyOfMatchers } from "../../../../src/xds/status/node-matchers.ts";

const node = (id: string, metadata = {}) => connectedProxy({ id, metadata }).node;

const means = (matcher: StringMatcher, id: string): boolean =>
  anyOfMatchers([{ node_id: matcher }])(node(id));

describe("matchers of nodes", () => {
  it("compare ids as Envoy compares texts", () => {
    expect(means({ exact: "edge" }, "edge")).toBe(true);
    expect(means({ exact: "edge" }, "edge-1")).toBe(false);
    expect(means({ exact: "" }, "edge")).toBe(false);
    expect(means({ prefix: "ed" }, "edge")).toBe(true);
    expect(means({ suffix: "ge" }, "edge")).toBe(true);
    expect(means({ contains: "dg" }, "edge")).toBe(true);
    expect(means({ contains: "DG" }, "edge")).toBe(false);
    expect(means({ contains: "DG", ignore_case: true }, "edge")).toBe(true);
    expect(means({ safe_regex: { regex: "e[a-z]+" } }, "edge")).toBe(true);
    expect(means({ safe_regex: { regex: "dg" } }, "edge")).toBe(false);
  });

  it("mean every node where there are none, or where one says nothing", () => {
    expect(anyOfMatchers([])(node("edge"))).toBe(true);
    expect(anyOfMatchers([{}])(node("edge"))).toBe(true);
  });

  it("want the id and all of the metadata", () => {
    const tier = { path: [{ key: "tier" }], value: { string_match: { exact: "gold" } } };
    const matches = anyOfMatchers([{ node_id: { prefix: "edge" }, node_metadatas: [tier] }]);
    expect(matches(node("edge-1", { tier: "gold" }))).toBe(true);
    expect(matches(node("edge-1", { tier: "tin" }))).toBe(false);
    expect(matches(node("edge-1"))).toBe(false);
    expect(matches(node("inner-1", { tier: "gold" }))).toBe(false);
  });

  const { statusRegexChars } = limits.xds;

  it("are bounded in all their expressions together", () => {
    const few = (count: number): readonly NodeMatcher[] =>
      Array.from({ length: count }, () => ({ node_id: { safe_regex: { regex: "edge-[0-9]+" } } }));
    expect(anyOfMatchers(few(10))(node("edge-1"))).toBe(true);
    expect(() => anyOfMatchers(few(60))).toThrow(/safe_regex: too large/);
  });

  it.each<readonly [string, NodeMatcher]>([
    ["node_id: one of exact", { node_id: {} }],
    ["node_id.safe_regex: no regular", { node_id: { safe_regex: { regex: "(" } } }],
    ["node_id.safe_regex: no regular", { node_id: { safe_regex: { regex: "(?=a)" } } }],
    ["node_id.safe_regex: too large", { node_id: { safe_regex: { regex: "(a{1,30}){1,30}" } } }],
    [
      "node_id.safe_regex: too long",
      { node_id: { safe_regex: { regex: "a".repeat(statusRegexChars + 1) } } },
    ],
    ["node_metadatas[0].path: one key", { node_metadatas: [{}] }],
    [
      "node_metadatas[0].path: one key",
      { node_metadatas: [{ path: [{ key: "a" }, { key: "b" }] }] },
    ],
    ["node_metadatas[0].value: string_match", { node_metadatas: [{ path: [{ key: "a" }] }] }],
    [
      "node_metadatas[0].value: string_match",
      { node_metadatas: [{ path: [{ key: "a" }], value: { present_match: true } }] },
    ],
  ])("say what is wrong: %s", (reason, matcher) => {
    expect(() => anyOfMatchers([{}, matcher])).toThrow(`node_matchers[1].${reason}`);
  });
});
