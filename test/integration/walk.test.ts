import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { ask, keptConnections } from "../support/asker.ts";
import { dumpDifferences } from "../support/config-dump.ts";
import { etcdHttp } from "../support/etcd-http.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { seededRandom } from "../support/seeded-random.ts";
import { eventually } from "../support/wait.ts";
import {
  type AddressOf,
  ids,
  nextChanges,
  type Random,
  routeHosts,
  services,
  versions,
} from "./walk/changes.ts";
import { type Asked, type Era, unforeseen } from "./walk/judge.ts";
import { emptyWorld, type World } from "./walk/world.ts";

/** `WALK_SEED=n` plays another walk; a failure tells the seed of its own. */
const seed = Number(process.env["WALK_SEED"] ?? 4);
const changesWanted = 500;
const askers = 12;

describe.each(["delta", "sotw"] as const)("a random walk under load over %s ADS", (variant) => {
  let scene: Scene;
  const backends = new Map<string, Backend>();

  beforeAll(async () => {
    scene = await startScene({ variant });
    for (const version of versions) {
      for (const id of ids) backends.set(`${version} ${id}`, await startBackend({ version }));
    }
    for (const key of ["endpoints/web/a", "endpoints/web/b", "weights/web"])
      await scene.remove(key);
  });
  afterAll(async () => {
    for (const backend of backends.values()) await backend.close();
    await scene?.stop();
  });

  it(`of ${changesWanted} changes answers nothing that the model does not foresee`, async () => {
    const random = seededRandom(seed);
    const eras: Era[] = [{ world: emptyWorld, from: 0, until: undefined, key: "" }];
    const asked: Asked[] = [];
    const load = startAsking(scene.port, seededRandom(seed + 1), asked);
    await walk(
      scene,
      eras,
      random,
      (version, id) => `127.0.0.1:${backends.get(`${version} ${id}`)?.port}`,
    );
    await load.stop();
    expect(unforeseen(eras, asked).slice(0, 10), `WALK_SEED=${seed}`).toEqual([]);
    expect(eras.length).toBeGreaterThan(changesWanted);
    expect(asked.length).toBeGreaterThan(2_000);
    // The walk went through all kinds of outcomes, or it proves little.
    const outcomes = new Set(asked.map(({ outcome }) => outcome));
    expect([...outcomes].sort()).toEqual(["404", "500", "503", "v1", "v2", "v3", "v4"]);
  });

  it("leaves Envoy with exactly the snapshot", async () => {
    const [server] = scene.servers;
    if (server === undefined) throw new Error("no server");
    await eventually(
      async () => {
        const differences = await dumpDifferences(server, scene.envoy, "weights:default");
        if (differences.length > 0) throw new Error(differences.join("\n"));
        return true;
      },
      // What routes stopped naming is kept for a moment.
      { what: "Envoy to run the snapshot", timeoutMs: 10_000 },
    );
    const stats = await scene.envoy.stats(/update_rejected/);
    expect([...stats.values()].every((count) => count === 0)).toBe(true);
  });
});

/** Writes one change after the other, each as soon as the proxy has applied the one before. */
async function walk(
  scene: Scene,
  eras: Era[],
  random: Random,
  addressOf: AddressOf,
): Promise<void> {
  const etcd = etcdHttp(scene.etcd.endpoint);
  let world: World = emptyWorld;
  while (eras.length <= changesWanted) {
    for (const { key, value, after } of nextChanges(world, random, addressOf)) {
      const era: Era = { world: after, from: performance.now(), until: undefined, key };
      eras.push(era);
      const text = value === undefined ? undefined : JSON.stringify(value);
      const revision = await etcd.txn([[`/serin/${key}`, text]]);
      for (const server of scene.servers) await server.applied(revision);
      const before = eras.at(-2);
      if (before !== undefined) before.until = performance.now();
      world = after;
    }
  }
}

/** Asks for every host there may be, until stopped. */
function startAsking(port: number, random: Random, into: Asked[]) {
  const hosts = [...new Set([...services, ...routeHosts])];
  const agent = keptConnections(askers);
  let stopped = false;
  const one = async (): Promise<void> => {
    while (!stopped) {
      const host = hosts[Math.floor(random() * hosts.length)] ?? "";
      const canary = random() < 0.3;
      const sentAt = performance.now();
      const headers = { host, ...(canary && { "x-canary": "yes" }) };
      const outcome = await ask(agent, { port, headers }).then(
        ({ status, headers: answered }) =>
          status === 200 ? String(answered["x-served-by"]) : String(status),
        (error: NodeJS.ErrnoException) => error.code ?? error.message,
      );
      into.push({ host, canary, sentAt, endedAt: performance.now(), outcome });
    }
  };
  const all = Promise.all(Array.from({ length: askers }, one));
  return {
    stop: async (): Promise<void> => {
      stopped = true;
      await all;
      agent.destroy();
    },
  };
}
