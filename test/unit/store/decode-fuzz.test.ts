import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import { type DesiredState, emptyState } from "../../../src/model/desired-state.ts";
import { createDecoder, type Decoded, type Decoder } from "../../../src/store/decode/decoder.ts";
import { garbage, oddTexts, wellFormed } from "../../support/garbage.ts";
import { seed } from "../../support/seed.ts";
import { entry, storeState } from "./decode-entries.ts";

const bystanders = [
  entry("endpoints/shop/a", { address: "10.0.0.2:80" }),
  entry("services/api", {}),
  entry("weights/cart", { v1: 1 }),
];

const errorsOf = ({ diagnostics }: Decoded): readonly Diagnostic[] =>
  diagnostics.filter(({ severity }) => severity === "error");

/** The revisions of weights stand beside the objects that they are of. */
const objectCount = ({ state: { weightsRevisions: _, ...objects } }: Decoded): number =>
  Object.values(objects).reduce((sum, map) => sum + (map instanceof Map ? map.size : 0), 0);

function expectSameMaps(actual: Decoded, expected: Decoded): void {
  for (const name of Object.keys(emptyState) as (keyof DesiredState)[]) {
    if (name !== "revision") expect(actual.state[name]).toBe(expected.state[name]);
  }
}

/** Time in the decoder alone, ms. */
let decodeMs = 0;
function timed<T>(decode: () => T): T {
  const start = performance.now();
  const result = decode();
  decodeMs += performance.now() - start;
  return result;
}

/** Puts garbage in the place of a good value, and the good value back; gives whether it was refused. */
function assault(decoder: Decoder, key: string, value: unknown, revision: bigint): boolean {
  const bad = entry(key, value, revision);
  const base = decoder.change({ revision, puts: [], deletes: [] });
  const hit = timed(() => decoder.change({ revision, puts: [bad], deletes: [] }));
  const alone = createDecoder().start(storeState([bad], revision));
  const errors = errorsOf(hit);
  expect(errors).toEqual(errorsOf(alone));
  expect(objectCount(alone)).toBe(errors.length === 0 ? 1 : 0);
  for (const diagnostic of hit.diagnostics) {
    expect(diagnostic).toMatchObject({ key, revision });
    expect(diagnostic.message).toMatch(/^[^\n]{5,400}$/);
    expect(diagnostic.path.length).toBeLessThan(1_000);
  }
  for (const name of ["api", "cart", "shop"]) expect(named(hit, name)).toBe(named(base, name));
  if (errors.length > 0) {
    expect(hit.changedKeys).toEqual([]);
    expectSameMaps(hit, base);
  }
  const restored = decoder.change({
    revision,
    puts: [entry(key, wellFormed[key], revision)],
    deletes: [],
  });
  expect(restored.diagnostics).toEqual([]);
  expect(restored.state.services).toEqual(base.state.services);
  return errors.length > 0;
}

const named = ({ state }: Decoded, wanted: string) =>
  [...state.services].find(([name]) => name === wanted)?.[1];

describe("garbage", () => {
  it.each(Object.keys(wellFormed))("in %s is refused with a reason, and harms nothing", (key) => {
    const decoder = createDecoder();
    const entries = Object.entries(wellFormed).map(([name, value]) => entry(name, value));
    decoder.start(storeState([...entries, ...bystanders]));
    let revision = 1n;
    let refused = 0;
    const property = fc.property(garbage(wellFormed[key]), (value) => {
      revision += 1n;
      if (assault(decoder, key, value, revision)) refused++;
    });
    fc.assert(property, { seed, numRuns: 900, endOnFailure: true });
    expect(refused).toBeGreaterThan(300);
    expect(Object.keys(Object.prototype)).toEqual([]);
  });

  it("takes no more than a second of decoding for a kind", () => {
    expect(decodeMs).toBeGreaterThan(0);
    expect(decodeMs).toBeLessThan(1_000 * Object.keys(wellFormed).length);
  });

  it("in keys is refused with a reason, and harms nothing", () => {
    const decoder = createDecoder();
    const base = decoder.start(storeState(bystanders));
    const folders = fc.constantFrom(
      "",
      "services/",
      "endpoints/",
      "endpoints/web/",
      "resources/*/",
      "routes/",
    );
    const keys = fc
      .tuple(folders, fc.oneof(oddTexts, fc.string({ unit: "binary" })))
      .map((parts) => parts.join(""));
    const property = fc.property(keys, (key) => {
      const hit = decoder.change({ revision: 2n, puts: [entry(key, "!", 2n)], deletes: [] });
      expectSameMaps(hit, base);
      const gone = decoder.change({ revision: 3n, puts: [], deletes: [key] });
      expect(gone.diagnostics).toEqual([]);
      if (!/^(?:status|history|audit|lanes|overrides)\//.test(key)) {
        expect(hit.diagnostics).toMatchObject([{ key, revision: 2n }]);
      }
    });
    fc.assert(property, { seed, numRuns: 600 });
  });
});
