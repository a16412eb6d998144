/** Leaders that die, are cut off, and whose answers are lost, in the middle of a release, over seeds. */
import { afterEach, expect, it } from "vitest";
import { ReleaseLab, type Replica } from "../../support/release-lab.ts";
import { seededRandom } from "../../support/seeded-random.ts";

let lab: ReleaseLab | undefined;

afterEach(() => lab?.close());

const pause = { pause: { duration: "3s" } };
const steps = [{ setWeight: 5 }, pause, { setWeight: 20 }, pause, { setWeight: 50 }, pause];
const strategy = { canary: { stableSubset: "v1", canarySubset: "v2", steps } };

async function start(): Promise<ReleaseLab> {
  const world = new ReleaseLab();
  lab = world;
  await world.putInstances();
  await world.put("weights/web", { v1: 100, v2: 0 });
  world.canary.length = 0;
  await world.put("rollouts/web", { strategy });
  return world;
}

/** One trouble for whoever leads. */
async function trouble(random: () => number, replicas: Replica[], world: ReleaseLab) {
  const leader = replicas.find(({ leads }) => leads);
  if (leader === undefined) return;
  const kind = Math.floor(random() * 4);
  if (kind === 0) {
    await leader.kill();
    replicas.splice(replicas.indexOf(leader), 1, await world.replica(`after-${random()}`));
  }
  if (kind === 1) leader.faulty.away = true;
  if (kind === 2) leader.faulty.faults.push("doneUnanswered");
  if (kind === 3) leader.faulty.faults.push("undoneUnanswered");
}

it.each(Array.from({ length: 50 }, (_, index) => index + 1))(
  "every step is done once, in the order of the plan (seed %i)",
  async (seed) => {
    const random = seededRandom(seed);
    const world = await start();
    const replicas = [await world.replica("a"), await world.replica("b")];
    for (let round = 0; round < 8; round++) {
      await trouble(random, replicas, world);
      await world.pass(200 + random() * 4_000, 200);
      if (random() < 0.5) for (const { faulty } of replicas) faulty.away = false;
    }
    for (const { faulty } of replicas) [faulty.away, faulty.faults.length] = [false, 0];
    await world.pass(90_000, 500);
    expect(world.canary).toEqual([5, 20, 50, 100]);
    expect((await world.status()).phase).toBe("Healthy");
  },
);

it.each(Array.from({ length: 20 }, (_, index) => index + 1))(
  "an aborted release never goes on, whoever leads (seed %i)",
  async (seed) => {
    const random = seededRandom(1_000 + seed);
    const world = await start();
    const replicas = [await world.replica("a"), await world.replica("b")];
    await world.pass(2_000 + random() * 14_000, 200);
    await trouble(random, replicas, world);
    expect((await world.say("abort")).ok).toBe(true);
    const before = world.canary.length;
    await trouble(random, replicas, world);
    await world.pass(60_000, 500);
    expect(world.canary.slice(before)).toEqual([]);
    expect(await world.weights()).toMatchObject({ v2: 0 });
  },
);
