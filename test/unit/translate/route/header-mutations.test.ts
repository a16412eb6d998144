import { describe, expect, it } from "vitest";
import type { HeaderModifier } from "../../../../src/model/traffic.ts";
import {
  inTurn,
  requestMutations,
  responseMutations,
} from "../../../../src/translate/route/header-mutations.ts";

const modifier = (parts: Partial<HeaderModifier>): HeaderModifier => ({
  set: [],
  add: [],
  remove: [],
  ...parts,
});

/** Headers after a modifier has been applied as the Gateway API says. */
function applied(before: ReadonlyMap<string, string>, one: HeaderModifier | undefined) {
  const after = new Map(before);
  for (const name of one?.remove ?? []) after.delete(name);
  for (const { name, value } of one?.set ?? []) after.set(name, value);
  for (const { name, value } of one?.add ?? []) {
    after.set(name, after.has(name) ? `${after.get(name)},${value}` : value);
  }
  return after;
}

const actions = (value: string): readonly HeaderModifier[] => [
  modifier({ set: [{ name: "x", value }] }),
  modifier({ add: [{ name: "x", value }] }),
  modifier({ remove: ["x"] }),
  modifier({}),
];

describe("two modifiers in turn", () => {
  const pairs = actions("1").flatMap((first) =>
    actions("2").map((second) => [first, second] as const),
  );

  it.each(pairs)("%j and then %j do the same as one", (first, second) => {
    for (const before of [new Map([["x", "0"]]), new Map<string, string>()]) {
      const expected = applied(applied(before, first), second);
      expect(applied(before, inTurn(first, second))).toEqual(expected);
    }
  });
});

describe("header mutations", () => {
  it("escape what Envoy would take for a command", () => {
    const { request_headers_to_add: [added] = [] } = requestMutations(
      modifier({ set: [{ name: "x", value: "100%" }] }),
    ) as { request_headers_to_add?: { header: { value: string } }[] };
    expect(added?.header.value).toBe("100%%");
  });

  it("never touch what makes Envoy refuse the whole route configuration", () => {
    const all = modifier({ set: [{ name: "host", value: "a" }], remove: [":path", "host", "x"] });
    expect(requestMutations(all)).toEqual({
      request_headers_to_add: [],
      request_headers_to_remove: ["x"],
    });
    expect(responseMutations(undefined)).toEqual({});
  });
});
