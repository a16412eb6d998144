/**
 * Generated route sets in a real serin and a real Envoy: what comes of each request is held against what
 * explain tells of it. `FC_SEED=n` plays others; a case that fails is made small and printed.
 */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { answer } from "../../src/explain/answer.ts";
import { plant, scratchFolder } from "../model/plant.ts";
import { plantedExplainBugs } from "../model/planted-explain-bugs.ts";
import { coverageOf } from "../support/route-sets/coverage.ts";
import {
  commandAgrees,
  copyFaults,
  faultOf,
  isFault,
  type Played,
  playSet,
  shrunk,
} from "../support/route-sets/play.ts";
import { type RouteScene, startRouteScene } from "../support/route-sets/scene.ts";
import { seed } from "../support/seed.ts";

const sets = 20;
const requests = 50;

let scene: RouteScene;
const played: Played[] = [];
const wrongCopies: string[] = [];
const toldOtherwise: string[] = [];
const scratch = scratchFolder("explain-bugs");

beforeAll(async () => {
  scene = await startRouteScene(sets);
  for (let index = 0; index < sets; index++) {
    const ofSet = await playSet(scene, { seed, index, requests });
    wrongCopies.push(...(await copyFaults(scene, ofSet)));
    // A sample, while the set is there.
    const [sample] = ofSet.slice(index);
    if (sample && !(await commandAgrees(scene, sample))) toldOtherwise.push(sample.number);
    played.push(...ofSet);
  }
  rmSync(scratch, { recursive: true, force: true });
});
afterAll(async () => {
  rmSync(scratch, { recursive: true, force: true });
  await scene?.stop();
});

describe(`explain, of ${sets} generated route sets (seed ${seed})`, () => {
  it("agrees with a real Envoy, for every request", async () => {
    const faults = played.filter(isFault);
    const shown = await Promise.all(faults.slice(0, 1).map((fault) => shrunk(scene, fault)));
    expect(faults.length, shown.join("\n")).toBe(0);
    expect(played).toHaveLength(sets * requests);
  });

  it("tells which copies are made", () => {
    expect(wrongCopies).toEqual([]);
  });

  it("says the same by the command line as by the API", () => {
    expect(toldOtherwise).toEqual([]);
  });

  it("was asked of everything that routes are made of", () => {
    const rare = coverageOf(played).filter(({ count, least }) => count < least);
    expect(rare).toEqual([]);
  });

  it("is asked here as over the API", () => {
    const others = played.filter((one) => faultOf(one, answer) !== undefined);
    expect(others.map(({ number }) => number)).toEqual([]);
  });

  it.each(plantedExplainBugs.map((bug, index) => [bug.name, bug, index] as const))(
    "would be caught lying: %s",
    async (_name, bug, index) => {
      const load = plant(bug, join(scratch, String(index)), ["explain"]);
      const planted = (await load("explain/answer.ts")) as { readonly answer: typeof answer };
      const noticed = played.some((one) => faultOf(one, planted.answer) !== undefined);
      expect(noticed, bug.why).toBe(true);
    },
  );
});
