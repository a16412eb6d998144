/** Keys of the store that tell nothing of what people want: they cost no build, and their revision counts. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { limits } from "../../../src/config/limits.ts";
import type { StoreChange } from "../../../src/store/store.ts";
import { Lab, web } from "../../feature/support.ts";
import { connectProxy } from "../../support/fake-proxy.ts";

let lab: Lab;

beforeEach(async () => {
  lab = new Lab(web);
  await lab.app.started;
  connectProxy(lab.app.hub, { id: "edge-1" }).ackAll();
});
afterEach(async () => {
  await lab.close();
});

async function storeRevision(): Promise<bigint> {
  const listed = await lab.store.list("");
  if (!listed.ok) throw new Error(listed.error.message);
  return listed.value.revision;
}

describe("a key that is no object", () => {
  it.each(["status/load/a", "status/acks/a", "history/web/1", "audit/1", "overrides/web/a"])(
    "%s costs no build, and its revision is in force",
    async (key) => {
      const services = lab.app.translation()?.services;
      const builds = lab.builds.length;
      const before = lab.app.revision() ?? 0n;
      const { pending } = lab.clock;
      await lab.put({ [key]: { seq: 1 } });
      await lab.put({ [key]: undefined });
      expect(lab.builds).toHaveLength(builds);
      expect(lab.app.revision()).toBe(before + 2n);
      expect(lab.app.revision()).toBe(await storeRevision());
      expect(lab.app.views().map(({ revision }) => revision)).toEqual([before + 2n]);
      expect(lab.app.translation()?.services).toBe(services);
      expect(lab.clock.pending).toBe(pending);
    },
  );

  it("costs a build together with an object, in one revision", async () => {
    const builds = lab.builds.length;
    await lab.put({ "weights/web": { v1: 80, v2: 20 }, "history/web/1": { why: "step" } });
    expect(lab.builds.slice(builds)).toMatchObject([{ changedKeys: ["weights/web"] }]);
    expect(lab.app.revision()).toBe(await storeRevision());
  });

  it("does not put a revision in force before a change that came first", async () => {
    const before = lab.app.revision();
    await lab.write({ "weights/web": { v1: 80, v2: 20 } });
    await lab.write({ "status/load/a": { seq: 1 } });
    expect(lab.app.revision()).toBe(before);
    lab.clock.advance(limits.pipeline.maxWaitMs);
    expect(lab.app.revision()).toBe(await storeRevision());
    await lab.write({ "status/load/a": { seq: 2 } });
    expect(lab.app.revision()).toBe(await storeRevision());
  });

  it("answers who waits for its revision, though no proxy is connected", async () => {
    const empty = new Lab(web);
    await empty.app.started;
    const revision = (empty.app.revision() ?? 0n) + 1n;
    const when = (): boolean => (empty.app.revision() ?? 0n) >= revision;
    const waiting = empty.app.xds.applied(undefined, { revision, timeoutMs: 5_000, when });
    await empty.put({ "status/load/a": { seq: 1 } });
    empty.clock.advance(5_000);
    expect(await waiting).toMatchObject({ outcome: "applied" });
    await empty.close();
  });

  it("leaves what older revisions changed in memory, however often it is written", async () => {
    await lab.put({ "weights/web": { v1: 80, v2: 20 } });
    const changed = lab.app.revision() ?? 0n;
    for (let n = 0; n < limits.pipeline.historyEntries + 10; n += 1) {
      await lab.write({ "status/load/a": { seq: n } });
    }
    const [view] = [...lab.app.hub.viewsInUse()];
    const types = view?.tables().map(({ typeUrl }) => typeUrl) ?? [];
    const names = types.flatMap((type) => [...(view?.changedAt(changed, type) ?? [])]);
    expect(names.length).toBeGreaterThan(0);
    const later = types.flatMap((type) => [...(view?.changedAt(changed + 5n, type) ?? [])]);
    expect(later).toEqual([]);
  });
});

describe("an object that is written again as it was", () => {
  it("costs no build", async () => {
    const builds = lab.builds.length;
    await lab.put({ "endpoints/web/a": web["endpoints/web/a"] });
    expect(lab.builds).toHaveLength(builds);
    expect(lab.app.revision()).toBe(await storeRevision());
  });

  it("costs one where its revision means something", async () => {
    const builds = lab.builds.length;
    await lab.put({ "weights/web": web["weights/web"] });
    expect(lab.builds).toHaveLength(builds + 1);
  });
});

describe("the taps of a server", () => {
  it("are told after decode, from the watch that the pipeline has", async () => {
    const told: (readonly string[])[] = [];
    const keysOf = ({ puts, deletes }: StoreChange): readonly string[] => [
      ...puts.map(({ key }) => key),
      ...deletes.map((key) => `-${key}`),
    ];
    const end = lab.app.taps.add(["status/", "rollouts/", "weights/"], {
      start: ({ entries }) => told.push([...entries.keys()]),
      change: (change) => {
        const weights = lab.app.weights("web")?.map(({ weight }) => weight) ?? [];
        told.push([...keysOf(change), ...weights.map(String)]);
      },
    });
    await lab.put({
      "weights/web": { v1: 1, v2: 99 },
      "status/rollouts/web": {},
      "history/web/1": {},
    });
    await lab.put({ "history/web/2": {} });
    await lab.put({ "rollouts/web": {}, "status/rollouts/web": undefined });
    end();
    await lab.put({ "rollouts/web": undefined });
    expect(told).toEqual([
      ["weights/web"],
      ["weights/web", "status/rollouts/web", "1", "99"],
      ["rollouts/web", "-status/rollouts/web", "1", "99"],
    ]);
  });
});
