import "../../../support/seed.ts";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "../../../../src/config/limits.ts";
import { err } from "../../../../src/lib/result.ts";
import { resourceChanges } from "../../../../src/plan/resource-changes.ts";
import { walkTo } from "../../../../src/plan/revisions.ts";
import { createDecoder } from "../../../../src/store/decode/decoder.ts";
import type { Entry, Store, StoreState } from "../../../../src/store/store.ts";
import { createTranslator } from "../../../../src/translate/translate.ts";
import { type AdminLab, startedLab, webObjects } from "../../../support/admin.ts";
import { objects as worlds } from "../../../support/object-worlds.ts";
import { withPast } from "../../../support/store-with-past.ts";
import { eventually } from "../../../support/wait.ts";

const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));

async function start(store?: Store): Promise<AdminLab> {
  return startedLab(store === undefined ? {} : { store });
}

describe("GET /v1/snapshot/diff", () => {
  it("tells what is made at one revision and not at another, and how bodies differ", async () => {
    const at = await start(withPast(webObjects));
    await at.write("weights/web", { v1: 50, v2: 50 });
    const revision = await at.write("endpoints/web/c", {
      address: "127.0.0.1:8083",
      version: "v3",
    });
    const { status, json } = await at.get("/v1/snapshot/diff?from=1&to=2&bodies=true");
    expect(status).toBe(200);
    const nothing = { added: [], removed: [] };
    expect(json).toMatchObject({
      from: 1,
      to: 2,
      resources: [
        { place: "gateways/default", type: "RDS", ...nothing, changed: ["default/http"] },
        { place: "shared", type: "RDS", ...nothing, changed: ["web"] },
      ],
    });
    const [, shared] = json.bodies;
    expect(shared).toMatchObject({ place: "shared", type: "RDS", name: "web" });
    expect(shared.diff).toContain('-                  "weight": 9000');
    expect(shared.diff).toContain('+                  "weight": 5000');
    const back = await at.get(`/v1/snapshot/diff?from=${revision}&to=2`);
    expect(back.json.resources.flatMap(({ removed }: { removed: string[] }) => removed)).toEqual([
      ...["web/v3", "web/v3"],
    ]);
    expect(back.json.bodies).toBeUndefined();
    const whole = await at.get("/v1/snapshot/diff?from=1");
    expect(whole.json.to).toBe(Number(revision));
  });

  it("is of the revisions that it says, also where the store moves on meanwhile", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    const store = withPast(webObjects);
    const listAt = store.listAt?.bind(store);
    let isAsked = false;
    const slow: Store = Object.assign(store, {
      listAt: async (revision: bigint) => {
        isAsked = true;
        await released;
        return (await listAt?.(revision)) ?? err({ kind: "future", message: "none" } as const);
      },
    });
    const at = await start(slow);
    await at.write("weights/web", { v1: 50, v2: 50 });
    const [open, named] = [
      at.get("/v1/snapshot/diff?from=1"),
      at.get("/v1/snapshot/diff?from=1&to=2"),
    ];
    await eventually(() => isAsked, { what: "the past to be asked for" });
    await at.write("endpoints/web/c", { address: "127.0.0.1:8083", version: "v3" });
    await eventually(() => at.app.revision() === 3n, { what: "the next one to be in force" });
    release();
    for (const { json } of await Promise.all([open, named])) {
      expect(json).toMatchObject({ from: 1, to: 2 });
      expect(json.resources.flatMap(({ added }: { added: string[] }) => added)).toEqual([]);
    }
  });

  it("takes no revision that a store never has", async () => {
    const at = await start();
    expect((await at.get("/v1/snapshot/diff?from=0")).status).toBe(400);
    expect((await at.get("/v1/snapshot/diff?from=1&to=0")).status).toBe(400);
  });

  it("says that a revision is gone, or not there yet", async () => {
    const at = await start(withPast(webObjects, 1n));
    await at.write("weights/web", { v1: 50, v2: 50 });
    expect((await at.get("/v1/snapshot/diff?from=1&to=2")).json).toMatchObject({
      ...{ status: 410, title: "no such revision", detail: "it is compacted" },
    });
    expect((await at.get("/v1/snapshot/diff?from=2&to=9")).status).toBe(404);
    expect((await at.get("/v1/snapshot/diff")).status).toBe(400);
  });

  it("reads of the store no more at a time than may wait for their turn", async () => {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    let reading = 0;
    const store = withPast(webObjects);
    const listAt = store.listAt?.bind(store);
    const slow: Store = Object.assign(store, {
      listAt: async (revision: bigint) => {
        reading += 1;
        await released;
        return (await listAt?.(revision)) ?? err({ kind: "future", message: "none" } as const);
      },
    });
    const at = await start(slow);
    await at.write("weights/web", { v1: 50, v2: 50 });
    const { planWaits } = limits.live;
    const all = Array.from({ length: planWaits + 8 }, () => at.get("/v1/snapshot/diff?from=1"));
    let refused = 0;
    for (const one of all) {
      void one.then(({ status }) => {
        if (status === 429) refused += 1;
      });
    }
    await eventually(() => refused === 8, { what: "those who find no place" });
    expect(reading).toBe(planWaits);
    release();
    const answers = await Promise.all(all);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(planWaits);
  });

  it("knows the present alone where the store keeps no past", async () => {
    const at = await start();
    expect((await at.get("/v1/snapshot/diff?from=1&to=1")).json).toEqual({
      ...{ from: 1, to: 1, resources: [] },
    });
    const { json } = await at.get("/v1/snapshot/diff?from=2");
    expect(json).toMatchObject({ status: 404, detail: expect.stringContaining("keeps no past") });
  });

  it("does not tell what is secret in a resource", async () => {
    const cluster = { name: "x", lb_policy: "RANDOM", metadata: { filter_metadata: {} } };
    const at = await start(withPast({ ...webObjects, "resources/*/clusters/x": cluster }));
    await at.write("resources/*/clusters/x", {
      ...cluster,
      metadata: { filter_metadata: { a: { password: "hunter2" } } },
    });
    const { text, json } = await at.get("/v1/snapshot/diff?from=1&to=2&bodies=true");
    expect(json.bodies).toHaveLength(1);
    expect(text).not.toContain("hunter2");
  });
});

describe("the way from one revision to another", () => {
  const translator = () => createTranslator({ defaultGateway: undefined, limits: limits.decode });

  const stateOf = (objects: Readonly<Record<string, unknown>>, revision: bigint): StoreState => ({
    revision,
    entries: new Map(
      Object.entries(objects).map(([key, value]): [string, Entry] => {
        const [modRevision, createRevision] = [revision, revision];
        return [key, { key, value: bytes(value), modRevision, createRevision }];
      }),
    ),
  });

  const fresh = (state: StoreState) => translator()(createDecoder().start(state).state);

  it("leads to what a server that starts there would serve, in steps of any size", () => {
    fc.assert(
      fc.property(
        worlds,
        worlds,
        worlds,
        fc.integer({ min: 1, max: 9 }),
        (now, one, other, size) => {
          const [present, from, to] = [stateOf(now, 9n), stateOf(one, 3n), stateOf(other, 5n)];
          const [decoder, translate] = [createDecoder(), translator()];
          const { state } = decoder.start(present);
          translate(state);
          const followed = { decoder: decoder.fork(), translate: translate.fork() };
          const first = finished(walkTo(followed, { entries: present.entries, state }, from, size));
          const second = finished(
            walkTo(followed, { entries: from.entries, state: first.state }, to, size),
          );
          expect(resourceChanges(fresh(from), first.translation)).toEqual([]);
          expect(resourceChanges(fresh(to), second.translation)).toEqual([]);
          expect(resourceChanges(first.translation, second.translation)).toEqual(
            resourceChanges(fresh(from), fresh(to)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });
});

function finished<T>(steps: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done === true) return value;
  }
}
