import { describe, expect, it } from "vitest";
import { pathRewrite } from "../../../../src/translate/route/path-rewrite.ts";

const prefix = (value: string) => ({ kind: "prefix", value }) as const;

/** What Envoy makes of a path whose match took the prefix `from`. */
function rewritten(from: string, to: string, path: string): string {
  const made = pathRewrite(prefix(to), prefix(from)) as {
    readonly prefix_rewrite?: string;
    readonly regex_rewrite?: {
      readonly pattern: { readonly regex: string };
      readonly substitution: string;
    };
  };
  // Envoy replaces the text that the match consumed: "/" of `prefix`, else the prefix itself.
  const taken = from.replace(/\/+$/, "") || "/";
  if (made.prefix_rewrite !== undefined) return made.prefix_rewrite + path.slice(taken.length);
  if (made.regex_rewrite === undefined) return path;
  return path.replace(
    new RegExp(made.regex_rewrite.pattern.regex),
    made.regex_rewrite.substitution,
  );
}

describe("a replaced prefix", () => {
  // The table of the Gateway API's HTTPPathModifier.
  it.each([
    ["/foo", "/xyz", "/foo/bar", "/xyz/bar"],
    ["/foo", "/xyz/", "/foo/bar", "/xyz/bar"],
    ["/foo/", "/xyz", "/foo/bar", "/xyz/bar"],
    ["/foo/", "/xyz/", "/foo/bar", "/xyz/bar"],
    ["/foo", "/xyz", "/foo", "/xyz"],
    ["/foo", "/xyz", "/foo/", "/xyz/"],
    ["/foo", "", "/foo/bar", "/bar"],
    ["/foo", "", "/foo/", "/"],
    ["/foo", "", "/foo", "/"],
    ["/foo", "/", "/foo/", "/"],
    ["/foo", "/", "/foo", "/"],
    ["/", "/xyz", "/bar", "/xyz/bar"],
    ["/", "/", "/bar", "/bar"],
    ["/a.b", "/", "/a.b/c", "/c"],
  ])("%s by %s turns %s into %s", (from, to, path, expected) => {
    expect(rewritten(from, to, path)).toBe(expected);
  });

  it("does not read what is put in as a pattern", () => {
    const made = pathRewrite({ kind: "full", value: "/\\1" }, prefix("/"));
    expect(made).toEqual({
      regex_rewrite: { pattern: { regex: "^/.*$" }, substitution: "/\\\\1" },
    });
  });
});
