import { describe, expect, it } from "vitest";
import type { Lane } from "../../../src/model/lane.ts";
import { caseOf, decodeOne, expectCase, invalid } from "./decode-entries.ts";

const key = "lanes/gray";

function laneOf(value: unknown): Lane | undefined {
  const [lane] = decodeOne(key, value).state.lanes.values();
  return lane;
}

const bare: Lane = {
  name: "gray" as Lane["name"],
  header: "x-lane",
  value: "gray",
  baggage: undefined,
  labels: new Map([["lane", "gray"]]),
  services: undefined,
  mode: "permissive",
  entries: [],
  origin: key,
};

describe("a lane", () => {
  it("has a default for everything", () => {
    expect(laneOf({})).toEqual(bare);
    expect(laneOf({ entries: [{}] })?.entries).toEqual([
      { gateways: undefined, trustClient: false, matches: [], share: 10_000, hashSplit: undefined },
    ]);
  });

  it("is read whole, in the long form too", () => {
    const spec = {
      header: "X-Env",
      value: "gray-1",
      baggage: true,
      labels: { stage: "gray", a: "b" },
      destinations: ["web", "cart", "web"],
      mode: "strict",
      entries: [
        {
          gateway: "edge",
          allowClientHeader: true,
          matches: [
            {
              headers: [{ name: "X-User", type: "RegularExpression", value: "[0-9]+" }],
              cookies: [{ name: "Tier", value: "beta" }],
              queryParams: [{ name: "Gray", value: "1" }],
            },
          ],
          percent: 0.07,
          hashSplit: { headers: [{ name: "X-User" }], salt: "s" },
        },
        { gateways: ["a", "b", "a"], trustClient: false, percent: 0 },
      ],
    };
    const expected: Lane = {
      ...bare,
      header: "x-env",
      value: "gray-1",
      baggage: "x-env",
      labels: new Map([
        ["a", "b"],
        ["stage", "gray"],
      ]),
      services: ["web", "cart"] as unknown as NonNullable<Lane["services"]>,
      mode: "strict",
      entries: [
        {
          gateways: ["edge"],
          trustClient: true,
          matches: [
            {
              headers: [{ name: "x-user", kind: "regex", value: "[0-9]+" }],
              cookies: [{ name: "Tier", kind: "exact", value: "beta" }],
              queryParams: [{ name: "Gray", kind: "exact", value: "1" }],
            },
          ],
          share: 7,
          hashSplit: { headers: ["x-user"], salt: "s", grpc: false },
        },
        {
          gateways: ["a", "b"],
          trustClient: false,
          matches: [],
          share: 0,
          hashSplit: undefined,
        },
      ],
    };
    expect(laneOf(spec)).toEqual(expected);
    for (const kind of ["Lane", "TrafficLane"]) {
      expect(laneOf({ apiVersion: "serin/v1alpha1", kind, spec })).toEqual(expected);
    }
  });

  it("may have a key of its own in the baggage", () => {
    expect(laneOf({ baggage: "Env" })?.baggage).toBe("Env");
  });

  it.each([0, 0.01, 0.29, 1.15, 33.33, 57.99, 99.99, 100])("takes in %s %%", (percent) => {
    expect(laneOf({ entries: [{ percent }] })?.entries[0]?.share).toBe(Math.round(percent * 100));
  });
});

const strict = "this field is not known, and without it the rest may mean too much";
const valueRule =
  "expected 1 to 128 visible ASCII characters without quotes, ',', ';', '\\' and '%', as baggage has them";
const percentRule = "expected a percentage from 0 to 100 with at most two decimals";
const memberRule =
  "too long for Envoy to find the member in the baggage: name and value together may have about 60 " +
  "letters, digits, '-', '_' and '.', and each other character counts for seven; give a short value, " +
  "or a short name in place of true";
const condition = { type: "RegularExpression", name: "a", value: "(?=b)" };
const longRegex = `[${"a".repeat(498)}]`;
const manyOf = (length: number, value: object) => Array.from({ length }, () => value);
const entry = (fields: object): object => ({ entries: [fields] });

describe("a lane that is wrong", () => {
  it.each([
    caseOf(key, { headr: "x" }, invalid("headr", strict)),
    caseOf(key, entry({ match: [] }), invalid("entries[0].match", strict)),
    caseOf(
      key,
      entry({ matches: [{ header: [] }] }),
      invalid("entries[0].matches[0].header", strict),
      invalid(
        "entries[0].matches[0]",
        "expected a condition: for every request, leave out matches",
      ),
    ),
    caseOf(
      key,
      entry({ matches: [{ headers: [{ name: "a", value: "b", invert: true }] }] }),
      invalid("entries[0].matches[0].headers[0].invert", strict),
    ),
    caseOf(
      key,
      entry({ matches: [{}] }),
      invalid(
        "entries[0].matches[0]",
        "expected a condition: for every request, leave out matches",
      ),
    ),
    ...["headers", "cookies", "queryParams"].map((field) =>
      caseOf(
        key,
        entry({ matches: [{ [field]: [condition] }] }),
        invalid(
          `entries[0].matches[0].${field}[0].value`,
          'RE2 has no lookahead or lookbehind, got "(?=b)"',
        ),
      ),
    ),
    ...[-1, 100.01, 1.234, "5"].map((percent) =>
      caseOf(
        key,
        entry({ percent }),
        invalid("entries[0].percent", `${percentRule}, got ${JSON.stringify(percent)}`),
      ),
    ),
    caseOf(
      key,
      entry({ gateway: "a", gateways: ["b"], trustClient: true, allowClientHeader: false }),
      invalid("entries[0].gateways", "says the same as gateway: give one of them"),
      invalid("entries[0].allowClientHeader", "says the same as trustClient: give one of them"),
    ),
    caseOf(
      key,
      { services: ["a"], destinations: ["b"] },
      invalid("destinations", "says the same as services: give one of them"),
    ),
    caseOf(
      key,
      { services: [], labels: {} },
      invalid("labels", "expected at least one label, got an object"),
      invalid("services", "expected at least one of the services, got an empty list"),
    ),
    ...["Host", "baggage", "cookie", "TE"].map((header) =>
      caseOf(
        key,
        { header },
        invalid("header", `expected a header of its own, which nothing else uses, got "${header}"`),
      ),
    ),
    caseOf(key, { header: ":path" }, invalid("header", 'expected a header name, got ":path"')),
    ...["", "a b", "a,b", "a;b", "50%", 'a"', "é"].map((value) =>
      caseOf(key, { value }, invalid("value", `${valueRule}, got ${JSON.stringify(value)}`)),
    ),
    caseOf(
      key,
      { baggage: 1 },
      invalid("baggage", "expected true, false, or the key of a baggage member, got 1"),
    ),
    ...[
      { baggage: true, value: "a".repeat(80) },
      { baggage: true, value: "!#$&'()*+-./:<=>?@[]^_`{|}~" },
      { baggage: "k".repeat(200) },
      { baggage: true, header: "x".repeat(80) },
    ].map((value) => caseOf(key, value, invalid("baggage", memberRule))),
    caseOf(`lanes/${"g".repeat(128)}`, { baggage: true }, invalid("baggage", memberRule)),
    caseOf(
      key,
      { mode: "loose" },
      invalid("mode", 'expected one of "permissive", "strict", got "loose"'),
    ),
    caseOf(
      key,
      entry({ hashSplit: { headers: [] } }),
      invalid("entries[0].hashSplit.headers", "expected at least one header, got an empty list"),
    ),
    caseOf(
      key,
      { entries: manyOf(17, {}) },
      invalid("entries", "expected at most 16 entries, got a list"),
    ),
    caseOf(
      key,
      entry({ matches: manyOf(17, { headers: [{ name: "a", value: "b" }] }) }),
      invalid("entries[0].matches", "expected at most 16 matches, got a list"),
    ),
    caseOf(
      key,
      entry({ matches: manyOf(3, { headers: manyOf(16, { ...condition, value: longRegex }) }) }),
      invalid(
        "entries[0].matches[2].headers[0].value",
        `expected at most 16384 characters of regular expressions in one lane, got "${longRegex.slice(0, 63)}…"`,
      ),
    ),
  ])("$value", expectCase);
});
