import { describe, expect, it } from "vitest";
import type { Service } from "../../../src/model/service.ts";
import { createDecoder, type Decoded } from "../../../src/store/decode/decoder.ts";
import { entry, storeState } from "./decode-entries.ts";

const key = "status/guards/web";
const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };
const latching = (...names: readonly string[]) => ({
  latched: Object.fromEntries(names.map((name) => [name, latch])),
  retried: {},
  operation: "1",
});

const web = ({ state }: Decoded): Service | undefined =>
  [...state.services.values()].find(({ name }) => name === "web");
const latched = (decoded: Decoded) => [...(web(decoded)?.latched.keys() ?? [])];

const started = (...values: readonly unknown[]) => {
  const decoder = createDecoder();
  const entries = values.map((value) => entry(key, value));
  const first = decoder.start(storeState([entry("weights/web", { v1: 90, v2: 10 }), ...entries]));
  let revision = 1n;
  const change = (
    puts: readonly (readonly [string, unknown])[],
    deletes: readonly string[] = [],
  ) => {
    revision += 1n;
    return decoder.change({
      revision,
      puts: puts.map(([at, value]) => entry(at, value, revision)),
      deletes,
    });
  };
  return { first, change };
};

describe("what guards have taken out, as proxies' state", () => {
  it("is part of the service, sorted, and named as its origin", () => {
    const { first } = started(latching("v3", "v2"));
    expect(latched(first)).toEqual(["v2", "v3"]);
    expect(web(first)?.origins).toEqual([key, "weights/web"]);
    expect(first.diagnostics).toEqual([]);
  });

  it("comes and goes with the value", () => {
    const { first, change } = started();
    expect(latched(first)).toEqual([]);
    expect(latched(change([[key, latching("v2")]]))).toEqual(["v2"]);
    const back = change([[key, { ...latching(), retried: { v2: 5 } }]]);
    expect(latched(back)).toEqual([]);
    expect(web(back)?.origins).toEqual(["weights/web"]);
  });

  it.each<[string, unknown]>([
    ["no JSON", "{"],
    ["nothing", ""],
    ["a list", []],
    ["a latch without its evidence", { ...latching(), latched: { v2: { atMs: 1, guard: "g" } } }],
    ["a field of a later version", { ...latching(), more: 1 }],
    ["a time that is none", { ...latching(), retried: { v2: -1 } }],
    ["no object of people's", { spec: latching("v2") }],
  ])("stays as it was where the new value is %s, with an error", (_, broken) => {
    const { change } = started(latching("v2"));
    const after = change([[key, broken]]);
    expect(latched(after)).toEqual(["v2"]);
    expect(after.diagnostics).toMatchObject([{ severity: "error", key }]);
    const mended = change([[key, latching("v3")]]);
    expect(latched(mended)).toEqual(["v3"]);
    expect(mended.diagnostics).toEqual([]);
  });

  it("ends with the key, also where its last value was broken", () => {
    const { change } = started(latching("v2"));
    expect(latched(change([[key, "{"]]))).toEqual(["v2"]);
    const after = change([], [key]);
    expect(latched(after)).toEqual([]);
    expect(after.diagnostics).toEqual([]);
  });

  it("makes no service where there is none, and holds for one that comes", () => {
    const decoder = createDecoder();
    const alone = decoder.start(storeState([entry(key, latching("v2"))]));
    expect(alone.state.services.size).toBe(0);
    const put = entry("weights/web", { v1: 1, v2: 1 }, 2n);
    const there = decoder.change({ revision: 2n, puts: [put], deletes: [] });
    expect(latched(there)).toEqual(["v2"]);
    const gone = decoder.change({ revision: 3n, puts: [], deletes: ["weights/web"] });
    expect(gone.state.services.size).toBe(0);
    const back = decoder.change({ revision: 4n, puts: [{ ...put, modRevision: 4n }], deletes: [] });
    expect(latched(back)).toEqual(["v2"]);
  });

  it("is of the one service that the key names", () => {
    const { change } = started();
    const after = change([
      ["status/guards/other", latching("v2")],
      ["status/guards/a/b", "{"],
    ]);
    expect(latched(after)).toEqual([]);
    expect(after.diagnostics).toEqual([]);
  });

  it("leaves the service as it is where it is written again as it was", () => {
    const { first, change } = started(latching("v2"));
    const services = [...first.state.services.values()];
    const again = change([[key, { ...latching("v2"), operation: "2" }]]);
    expect([...again.state.services.values()]).toEqual(services);
  });
});
