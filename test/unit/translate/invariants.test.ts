import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Diagnostic } from "../../../src/lib/diagnostic.ts";
import { decodeAny, decodeWith } from "../../../src/proto/decode.ts";
import { ourRoot } from "../../../src/proto/root.ts";
import type { Resource } from "../../../src/snapshot/resource.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import type { Entry } from "../../../src/store/store.ts";
import { builtInGateway } from "../../../src/translate/gateway/built-in-gateway.ts";
import { denominator } from "../../../src/translate/split/apportion.ts";
import { createTranslator, type Translation } from "../../../src/translate/translate.ts";
import { type Objects, objects, oneObject } from "../../support/object-worlds.ts";

const options = { defaultGateway: builtInGateway({ host: "127.0.0.1", port: 10_000 }) };

function entriesOf(world: Objects): ReadonlyMap<string, Entry> {
  return new Map(
    Object.entries(world).map(([key, value], i) => {
      const revision = BigInt(i + 1);
      const bytes = Buffer.from(JSON.stringify(value));
      return [key, { key, value: bytes, modRevision: revision, createRevision: revision }];
    }),
  );
}

function translated(world: Objects): Translation & { readonly refused: readonly Diagnostic[] } {
  const decoded = createDecoder().start({ revision: 99n, entries: entriesOf(world) });
  const refused = decoded.diagnostics.filter(({ severity }) => severity === "error");
  return { ...createTranslator(options)(decoded.state), refused };
}

const sharedOf = ({ shared }: Translation): readonly Resource[] =>
  [...shared.values()].flatMap(({ resources }) => resources);

const allOf = (translation: Translation): readonly Resource[] => [
  ...sharedOf(translation),
  ...[...translation.gateways.values()].flatMap(({ bundle }) => bundle.resources),
];

interface Weighted {
  readonly name: string;
  readonly weight?: number | { readonly value?: number };
}

/** Every list of weighted clusters, of HTTP routes and of TCP proxies, found wherever it stands. */
function splitsOf(resource: Resource): readonly (readonly Weighted[])[] {
  const { typeUrl, value } = decodeAny(resource.any);
  const found: (readonly Weighted[])[] = [];
  const walk = (node: unknown): void => {
    if (typeof node !== "object" || node === null || node instanceof Uint8Array) return;
    for (const [key, inner] of Object.entries(node)) {
      const clusters =
        key === "weighted_clusters" ? (inner as { clusters: Weighted[] }) : undefined;
      if (clusters !== undefined) found.push(clusters.clusters);
      walk(inner);
    }
  };
  walk(decodeWith(ourRoot(), typeUrl, value));
  return found;
}

/** A wrapped number is decoded as `{ value }`, without `value` where it is 0. */
const weightOf = ({ weight }: Weighted): number =>
  typeof weight === "object" ? (weight.value ?? 0) : (weight ?? 0);

const routesOf = (translation: Translation): readonly Resource[] =>
  allOf(translation).filter(({ typeUrl }) => typeUrl === typeUrls.route);

describe("whatever stands in the store", () => {
  it("is translated without a throw, and the objects of this test are worth it", () => {
    let refused = 0;
    let splits = 0;
    fc.assert(
      fc.property(objects, (world) => {
        const translation = translated(world);
        refused += translation.refused.length;
        splits += routesOf(translation).flatMap(splitsOf).length;
      }),
      { numRuns: 200 },
    );
    expect(refused).toBeLessThan(20);
    expect(splits).toBeGreaterThan(200);
  });

  it("every split has the same denominator", () => {
    fc.assert(
      fc.property(objects, (world) => {
        for (const split of routesOf(translated(world)).flatMap(splitsOf)) {
          expect(split.reduce((sum, each) => sum + weightOf(each), 0)).toBe(denominator);
        }
      }),
      { numRuns: 200 },
    );
  });

  it("nothing is named that is not there", () => {
    fc.assert(
      fc.property(objects, (world) => {
        const translation = translated(world);
        const names = new Set(sharedOf(translation).map((each) => `${each.typeUrl} ${each.name}`));
        for (const { references } of routesOf(translation)) {
          for (const name of references) expect(names).toContain(`${typeUrls.cluster} ${name}`);
        }
        for (const { needs } of allOf(translation)) {
          for (const { typeUrl, name } of needs) {
            if (typeUrl === typeUrls.cluster) expect(names).toContain(`${typeUrl} ${name}`);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it("a cluster that gets traffic has a usable endpoint, or a diagnostic says which has not", () => {
    fc.assert(
      fc.property(objects, (world) => {
        const translation = translated(world);
        const shared = sharedOf(translation);
        const serving = new Set(
          shared
            .filter(({ typeUrl, serves }) => typeUrl === typeUrls.endpoint && serves)
            .map(({ name }) => name),
        );
        const members = new Map(
          shared
            .filter(({ typeUrl }) => typeUrl === typeUrls.cluster)
            .map(({ name, references, needs }) => [
              name,
              [...references, ...needs.map((need) => need.name)],
            ]),
        );
        const serves = (cluster: string): boolean =>
          serving.has(cluster) || (members.get(cluster) ?? []).some((name) => serving.has(name));
        const told = translation.diagnostics.map(({ code }) => code);
        for (const { name, weight } of routesOf(translation).flatMap(splitsOf).flat()) {
          if (weightOf({ name, ...(weight === undefined ? {} : { weight }) }) === 0 || serves(name))
            continue;
          expect(
            told.some((code) => /^SPLIT_|^LANE_|BACKEND/.test(code)),
            name,
          ).toBe(true);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("weights move within a split, and never its clusters or their order", () => {
    fc.assert(
      fc.property(
        objects,
        fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 9 }),
        (world, numbers) => {
          let next = 0;
          const moved = Object.fromEntries(
            Object.entries(world).map(([key, value]) => {
              if (!key.startsWith("weights/")) return [key, value];
              const weights = Object.entries(value as Record<string, number>).map(
                ([name, weight]) => {
                  next += 1;
                  return [name, weight === 0 ? 0 : (numbers[next % numbers.length] ?? 1)];
                },
              );
              return [key, Object.fromEntries(weights)];
            }),
          );
          const shape = (of: Objects) =>
            routesOf(translated(of)).flatMap((resource) =>
              splitsOf(resource).map((split) => [resource.name, ...split.map(({ name }) => name)]),
            );
          expect(shape(moved)).toEqual(shape(world));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("one object more touches no clusters and endpoints but of its own service", () => {
    const content = (translation: Translation) =>
      new Map(sharedOf(translation).map((each) => [`${each.typeUrl} ${each.name}`, each]));
    fc.assert(
      fc.property(objects, oneObject, (world, [key, value]) => {
        const [folder = "", owner = ""] = key.split("/");
        // A lane and a route may take part in any service they name.
        if (!["endpoints", "weights", "services", "gateways"].includes(folder)) return;
        const before = content(translated(world));
        const after = content(translated({ ...world, [key]: value }));
        for (const [name, resource] of after) {
          const isOwn = folder !== "gateways" && resource.name.startsWith(`${owner}/`);
          const isRoute =
            resource.typeUrl === typeUrls.route || resource.typeUrl === typeUrls.listener;
          // Sticky clusters belong to a route, and hold endpoints of the services it names.
          const isOfRoutes = /\/sticky(?:\/|$)|^~unavailable$/.test(resource.name);
          if (isOwn || isRoute || isOfRoutes) continue;
          expect(resource.version, name).toBe(before.get(name)?.version);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("is the same with a memory as without, whatever came before", () => {
    const told = (translation: Translation) => [
      allOf(translation)
        .map(({ typeUrl, name, version }) => `${typeUrl} ${name} ${version}`)
        .sort(),
      translation.diagnostics.map(({ key, code, message }) => `${key} ${code} ${message}`).sort(),
    ];
    fc.assert(
      fc.property(objects, fc.array(oneObject, { minLength: 1, maxLength: 4 }), (first, writes) => {
        const translator = createTranslator(options);
        const states = [first];
        for (const [key, value] of writes) states.push({ ...states.at(-1), [key]: value });
        for (const world of states) {
          const { state } = createDecoder().start({ revision: 99n, entries: entriesOf(world) });
          expect(told(translator(state))).toEqual(told(createTranslator(options)(state)));
        }
      }),
      { numRuns: 60 },
    );
  });
});
