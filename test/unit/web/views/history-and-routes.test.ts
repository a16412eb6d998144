import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { lineDiff, recordedText } from "../../../../src/web/views/history/line-diff.ts";
import { undoingOf } from "../../../../src/web/views/history/undoing.ts";
import {
  explainQuery,
  headersAreRight,
} from "../../../../src/web/views/routes/explain-question.ts";
import { outcomeParts } from "../../../../src/web/views/routes/explained-parts.ts";
import { routeRow } from "../../../../src/web/views/routes/route-rows.ts";

const kept = (diff: ReturnType<typeof lineDiff>, gone: "added" | "removed") =>
  diff.filter(({ kind }) => kind !== gone).map(({ text }) => text);

/** Of a listed object, besides its key and value. */
const listed = { modRevision: 1, createRevision: 1, sha256: "" };

describe("what differs between two texts", () => {
  it("is told line by line", () => {
    expect(lineDiff("a\nb\nc", "a\nx\nc")).toEqual([
      { kind: "same", text: "a" },
      { kind: "removed", text: "b" },
      { kind: "added", text: "x" },
      { kind: "same", text: "c" },
    ]);
    expect(lineDiff("", "a")).toEqual([{ kind: "added", text: "a" }]);
  });

  it("gives both texts back", () => {
    const lines = fc.array(fc.constantFrom("a", "b", "c"), { minLength: 1 });
    fc.assert(
      fc.property(lines, lines, (before, after) => {
        const diff = lineDiff(before.join("\n"), after.join("\n"));
        expect(kept(diff, "added")).toEqual(before);
        expect(kept(diff, "removed")).toEqual(after);
      }),
    );
  });

  it("shows recorded JSON with a line for each member, and other text as it is", () => {
    expect(recordedText('{"v1":90}')).toBe('{\n  "v1": 90\n}');
    expect(recordedText("v1: 90\n")).toBe("v1: 90");
    expect(recordedText(null)).toBe("");
    expect(recordedText({ sha256: "x" })).toBe('{\n  "sha256": "x"\n}');
  });
});

describe("what can be undone", () => {
  it("is the last change, and everything since a record before it", () => {
    const change = { key: "weights/web", before: null, after: "{}" };
    const record = (id: string, changes: readonly (typeof change)[]) =>
      ({ kind: "record", id, changes }) as never;
    const rows = [record("said", []), record("b", [change]), record("a", [change])];
    const gap = { kind: "gap", changes: [change] } as const;
    expect(rows.map((row) => undoingOf(row, rows)?.kind)).toEqual([undefined, "last", "back"]);
    // Both are asked for over the last change that was shown.
    expect(rows.map((row) => undoingOf(row, rows)?.expected)).toEqual([undefined, "b", "b"]);
    expect(undoingOf(gap, [gap])).toBeUndefined();
  });
});

describe("a route object", () => {
  it("is rows of hosts, matches and backends, also as upstream writes it", () => {
    const rule = {
      matches: [
        {
          method: "GET",
          path: { type: "PathPrefix", value: "/shop" },
          headers: [{ name: "x-tester", value: "1" }],
          queryParams: [{ name: "q", type: "RegularExpression", value: ".+" }],
        },
        {},
      ],
      backendRefs: [
        { name: "web", weight: 3 },
        { name: "web", subset: "v2" },
      ],
      filters: [{ type: "RequestRedirect" }],
    };
    const value = { spec: { hostnames: ["a.example"], rules: [rule] } };
    const row = routeRow({ key: "routes/web", ...listed, value });
    expect(row).toMatchObject({ kind: "HTTP", hosts: ["a.example"], broken: null });
    expect(row.rules).toEqual([
      {
        matches: ["GET · /shop* · header x-tester = 1 · query q ~ .+", "*"],
        backends: [
          { name: "web", percent: 75 },
          { name: "web/v2", percent: 25 },
        ],
        filters: ["RequestRedirect"],
      },
    ]);
  });

  it("is shown as broken where it cannot be parsed, and nothing in it is taken for granted", () => {
    expect(routeRow({ key: "routes/x", ...listed, broken: "no YAML" })).toMatchObject({
      broken: "no YAML",
      rules: [],
    });
    fc.assert(
      fc.property(fc.anything(), (value) => {
        routeRow({ key: "routes/x", ...listed, value });
      }),
    );
  });
});

const leaf = (cluster: string, address: string) => ({
  ...{ cluster, known: true, members: [], origins: [] },
  endpoints: [{ address, drained: false, weight: 1, zone: "", priority: 0 }],
});

describe("a question to explain", () => {
  const question = { host: " web ", path: "cart", method: "GET", headers: "x-a: 1\n\nx-b:2 " };

  it("becomes the query of the API", () => {
    expect(explainQuery(question)).toEqual({
      ...{ target: "web", path: "/cart", method: "GET" },
      header: ["x-a: 1", "x-b:2"],
    });
  });

  it("is held to the form of headers", () => {
    expect(headersAreRight(question)).toBe(true);
    expect(headersAreRight({ ...question, headers: "no colon" })).toBe(false);
  });

  it("is answered by versions with shares and instances", () => {
    const clusters = [
      leaf("web/v1", "a:1"),
      { ...leaf("web/v2", ""), endpoints: [], members: [leaf("x", "b:1")] },
    ];
    const shares = [
      { cluster: "web/v1", weight: 1, share: 0.9 },
      { cluster: "web/v2", weight: 1, share: 0.1 },
      { cluster: "web/v3", weight: 1, share: 0 },
    ];
    const parts = outcomeParts({ kind: "split", by: "chance", note: null, shares }, clusters);
    expect(
      parts.map(({ cluster, share, endpoints }) => [cluster, share, endpoints.length]),
    ).toEqual([
      ["web/v1", 0.9, 1],
      ["web/v2", 0.1, 1],
    ]);
    const hash = { hash: "00", hashed: [], value: 95, sum: 100 };
    const sure = { kind: "split", by: "hash", ...hash, cluster: "web/v2", shares } as const;
    expect(outcomeParts(sure, clusters).map(({ share }) => share)).toEqual([1]);
    expect(outcomeParts({ kind: "cluster", cluster: "gone" }, clusters)).toEqual([
      { cluster: "gone", share: 1, endpoints: [] },
    ]);
  });
});
