import { describe, expect, it } from "vitest";
import { baggagePattern } from "../../../src/lib/baggage.ts";

const matches = (header: string, key = "x-lane", value = "gray"): boolean =>
  new RegExp(`^(?:${baggagePattern(key, value)})$`).test(header);

describe("a member of the baggage is found", () => {
  it.each([
    "x-lane=gray",
    " x-lane=gray ",
    "x-lane = gray",
    "x-lane=gray;ttl=5",
    "x-lane=gray ; ttl = 5 ;x",
    "user=7,x-lane=gray",
    "user=7;p=1 ,\tx-lane=gray,other=1",
    "x-lane=blue,x-lane=gray",
    ",x-lane=gray,",
  ])("%s", (header) => {
    expect(matches(header)).toBe(true);
  });
});

describe("near misses are not", () => {
  it.each([
    "",
    "x-lane",
    "x-lane=",
    "not-x-lane=gray",
    "x-lanes=gray",
    "x-lane=grayer",
    "x-lane=gra",
    "x-lane=gray/1",
    "x-lane=Gray",
    "X-Lane=gray",
    "user=x-lane=gray",
    "user=1;x-lane=gray",
    "user=1;p=x-lane=gray;q",
    "xAlane=gray",
    'user="a;x-lane=gray"',
    "x-lane=%67ray2",
  ])("%s", (header) => {
    expect(matches(header)).toBe(false);
  });
});

it("values come as they are or percent-encoded, in either case of the digits", () => {
  const all = "!#$&'()*+-./:<=>?@[]^_`{|}~";
  expect(matches(`k=${all}`, "k", all)).toBe(true);
  expect(matches(`k=${encodeURIComponent(all)}`, "k", all)).toBe(true);
  expect(matches(`k=${encodeURIComponent(all).toLowerCase()}`, "k", all)).toBe(true);
  expect(matches("k=a.b", "k", "a.b")).toBe(true);
  expect(matches("k=axb", "k", "a.b")).toBe(false);
});

it("keys may be any token", () => {
  expect(matches("a.b+c|d=1", "a.b+c|d", "1")).toBe(true);
  expect(matches("a.b%2Bc%7cd=1", "a.b+c|d", "1")).toBe(true);
  expect(matches("axb+c|d=1", "a.b+c|d", "1")).toBe(false);
});
