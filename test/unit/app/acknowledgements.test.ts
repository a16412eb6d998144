import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { decodeAcks, encodeAcks } from "../../../src/app/acknowledgement-codec.ts";
import { Acknowledgements, acksFolder } from "../../../src/app/acknowledgements.ts";
import { EntryTaps } from "../../../src/app/entry-taps.ts";
import { limits } from "../../../src/config/limits.ts";
import type { Behind } from "../../../src/index.ts";
import type { ServiceName } from "../../../src/model/names.ts";
import { begun, written } from "../../../src/rollout/release/status-changes.ts";
import { encodeRolloutStatus } from "../../../src/store/decode/status-codec.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { rolloutOf, setWeight, weightsOf } from "../../support/releases.ts";
import { pass } from "../../support/settle.ts";

const web = "web" as ServiceName;
const rollout = rolloutOf([setWeight(5)]);

let clock: FakeClock;
let store: MemoryStore;
let releases: readonly ServiceName[];
let open: Acknowledgements[];

beforeEach(() => {
  clock = new FakeClock();
  store = new MemoryStore({ clock });
  releases = [web];
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  await store.close();
});

interface Proxy {
  readonly id: string;
  lag: "none" | "pending" | "rejected" | "standing";
}

/** A replica with these proxies. */
function replica(name: string, proxies: readonly Proxy[]): Acknowledgements {
  const taps = new EntryTaps();
  store.watch({
    start: (state) => taps.start(state),
    change: (change) => taps.change(change),
    health: () => undefined,
  });
  const stream = ({ id }: Proxy) => ({ node: { id }, peer: id }) as unknown as Behind["stream"];
  const acks = new Acknowledgements({
    ...{ store, clock, taps, replica: name },
    entries: () => taps.entries,
    releases: () => releases,
    xds: {
      streams: () => proxies.map(stream),
      behind: () =>
        proxies
          .filter(({ lag }) => lag !== "none")
          .map((proxy) => {
            const rejected = proxy.lag !== "pending";
            const types = [{ rejected, standing: proxy.lag === "standing" }];
            return { stream: stream(proxy), types } as unknown as Behind;
          }),
    },
    onTrouble: () => undefined,
  });
  open.push(acks);
  return acks;
}

/** The first step is written: the revision of that. */
async function writeStep(): Promise<bigint> {
  const moment = { nowMs: 1, operation: "x" };
  const weights = weightsOf({ v1: 95, v2: 5 });
  const status = written(rollout, begun(rollout, undefined, moment), weights, moment);
  const value = encodeRolloutStatus(status);
  const outcome = await store.transact({
    compare: [],
    writes: [{ kind: "put", key: "status/rollouts/web", value }],
  });
  return outcome.ok ? outcome.value.revision : 0n;
}

const tick = () => pass(clock, 2 * limits.rollout.lookMs, 500);

describe("acknowledgements of all replicas", () => {
  it("are those of every replica's proxies, and not only of one's own", async () => {
    const far: Proxy = { id: "edge-2", lag: "pending" };
    const [leader] = [replica("a", [{ id: "edge-1", lag: "none" }]), replica("b", [far])];
    await tick();
    const revision = await writeStep();
    // Who is there, and has not said how far it is, is waited for.
    expect(leader.of(web, revision)).toEqual({ kind: "pending", behind: ["the proxies of b"] });
    await tick();
    expect(leader.of(web, revision)).toEqual({ kind: "pending", behind: ["edge-2"] });
    far.lag = "rejected";
    await tick();
    expect(leader.of(web, revision)).toEqual({ kind: "rejected", by: ["edge-2"] });
    far.lag = "standing";
    await tick();
    expect(leader.of(web, revision)).toEqual({ kind: "applied" });
  });

  it("count proxies that the leader has none of itself", async () => {
    const [leader] = [replica("a", []), replica("b", [{ id: "edge-1", lag: "none" }])];
    expect(leader.of(web, undefined)).toEqual({ kind: "none" });
    await tick();
    expect(leader.of(web, undefined)).toEqual({ kind: "applied" });
    const revision = await writeStep();
    await tick();
    expect(leader.of(web, revision)).toEqual({ kind: "applied" });
  });

  it("are told while there is a release, once for each news, and go with the replica", async () => {
    const alone = replica("a", [{ id: "edge-1", lag: "none" }]);
    await writeStep();
    await tick();
    const read = async () => {
      const found = await store.get(`${acksFolder}a`);
      return found.ok ? found.value : undefined;
    };
    const first = await read();
    expect(first).toBeDefined();
    await tick();
    expect((await read())?.modRevision).toBe(first?.modRevision);
    releases = [];
    await tick();
    expect(await read()).toBeUndefined();
    releases = [web];
    await tick();
    expect(await read()).toBeDefined();
    await alone.close();
    expect(await read()).toBeUndefined();
  });

  it("are waited for where a replica has written what cannot be read", async () => {
    const leader = replica("a", [{ id: "edge-1", lag: "none" }]);
    const writes = [{ kind: "put", key: `${acksFolder}b`, value: Buffer.from("{}") }] as const;
    await store.transact({ compare: [], writes });
    expect(leader.of(web, 5n)).toEqual({ kind: "pending", behind: ["the proxies of b"] });
  });
});

describe("the value of a replica", () => {
  it("is read as it was written, with a bounded number of names", () => {
    const names = Array.from({ length: limits.rollout.behindNames + 1 }, (_, n) => `edge-${n}`);
    const services = new Map([
      ["web", { revision: 7n, acked: { kind: "pending", behind: names } as const }],
      ["shop", { revision: 8n, acked: { kind: "applied" } as const }],
    ]);
    const read = decodeAcks(Buffer.from(encodeAcks({ connected: true, services })));
    expect(read?.connected).toBe(true);
    expect(read?.services.get("shop")).toEqual({ revision: 8n, acked: { kind: "applied" } });
    const acked = read?.services.get("web")?.acked;
    expect(acked?.kind === "pending" ? acked.behind : []).toEqual(
      names.toSorted().slice(0, limits.rollout.behindNames),
    );
  });

  it.each([
    "no JSON",
    "null",
    '{"connected":true}',
    '{"connected":true,"services":{"web":null}}',
    '{"connected":true,"services":{"web":{"revision":"x","kind":"applied","names":[]}}}',
    '{"connected":true,"services":{"web":{"revision":"1","kind":"?","names":[]}}}',
  ])("is refused as %s", (text) => {
    expect(decodeAcks(Buffer.from(text))).toBeUndefined();
  });
});
