import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EntryTaps } from "../../../src/app/entry-taps.ts";
import {
  clientsFolder,
  decodeClients,
  GrpcClients,
  servicesBehind,
} from "../../../src/app/grpc-clients.ts";
import { limits } from "../../../src/config/limits.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { defaultSettings, type HealthCheck, type Service } from "../../../src/model/service.ts";
import { MemoryStore } from "../../../src/store/memory.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { pass } from "../../support/settle.ts";
import { put, value } from "../store/contract.ts";
import { route, service, state } from "../translate/states.ts";

const healthCheck: HealthCheck = {
  check: { kind: "tcp" },
  intervalMs: 1_000,
  timeoutMs: 100,
  unhealthyThreshold: 3,
  healthyThreshold: 1,
};
const checked = (name: string): Service => ({
  ...service(name),
  settings: { ...defaultSettings, healthCheck },
});
const sticky = route(
  "by-user",
  ["web"],
  [{ to: [{ service: "none" }] }, { to: [{ service: "web", subset: "v1" }, { service: "shop" }] }],
);
const stickyWorld = state({
  services: [checked("web"), checked("shop"), service("plain")],
  routes: [sticky],
});

let world: DesiredState;
let clock: FakeClock;
let store: MemoryStore;
let open: GrpcClients[];

beforeEach(() => {
  world = stickyWorld;
  clock = new FakeClock();
  store = new MemoryStore({ clock });
  open = [];
});

afterEach(async () => {
  await Promise.all(open.map((each) => each.close()));
  expect(clock.pending).toBe(0);
  await store.close();
});

/** A replica whose clients have subscribed to these load assignments. */
function replica(name: string, asked: Set<string>): GrpcClients {
  const taps = new EntryTaps();
  store.watch({
    start: (first) => taps.start(first),
    change: (change) => taps.change(change),
    health: () => undefined,
  });
  const clients = new GrpcClients({
    ...{ store, clock, taps, replica: name },
    state: () => world,
    asked: () => asked,
    onTrouble: () => undefined,
  });
  open.push(clients);
  return clients;
}

const tick = () => pass(clock, 2 * limits.probes.lookMs, 500);
const keyOf = async (name: string) => value(await store.get(`${clientsFolder}${name}`));

describe("what gRPC clients ask for", () => {
  it("is what those of all replicas do, of services with checks", async () => {
    const [one, two] = [new Set(["web/v1", "plain/v1"]), new Set(["shop/v1"])];
    const first = replica("a", one);
    replica("b", two);
    await tick();
    expect([...first.services()]).toEqual(["shop", "web"]);
    two.clear();
    await tick();
    expect([...first.services()]).toEqual(["web"]);
  });

  it("is told where it is news, and not at all where there is nothing", async () => {
    const asked = new Set<string>();
    const alone = replica("a", asked);
    await tick();
    expect(await keyOf("a")).toBeUndefined();
    asked.add("web/v1");
    await tick();
    const first = await keyOf("a");
    expect(decodeClients(first?.value ?? new Uint8Array())).toEqual(["web"]);
    asked.add("web/v2");
    await tick();
    expect((await keyOf("a"))?.modRevision).toBe(first?.modRevision);
    asked.clear();
    await tick();
    expect(await keyOf("a")).toBeUndefined();
    asked.add("web/v1");
    await tick();
    await alone.close();
    expect(await keyOf("a")).toBeUndefined();
  });

  it("is told of a bounded number of services, the first by their names", async () => {
    const names = Array.from({ length: limits.probes.services + 1 }, (_, n) => `s${10_000 + n}`);
    world = state({ services: names.map(checked) });
    const alone = replica("a", new Set(names.toReversed().map((name) => `${name}/v1`)));
    await tick();
    expect([...alone.services()]).toEqual(names.slice(0, -1));
  });

  it.each(["no JSON", "null", "[]", '{"services":7}', '{"services":[7,"a/b",""]}'])(
    "is nothing where a replica has written %s",
    async (text) => {
      const alone = replica("a", new Set());
      await store.transact({ compare: [], writes: [put(`${clientsFolder}b`, text)] });
      await tick();
      expect([...alone.services()]).toEqual([]);
    },
  );
});

describe("the services behind a load assignment", () => {
  it.each<[string, readonly string[]]>([
    ["web/v1", ["web"]],
    ["web/~gray", ["web"]],
    ["by-user/1/sticky", ["web", "shop"]],
    ["by-user/1/sticky/~gray", ["web", "shop"]],
    ["by-user/7/sticky", []],
    ["other/0/sticky", []],
    ["by-user/1/sticky/grpc", []],
  ])("of %s are %j", (name, expected) => {
    expect(servicesBehind(name, stickyWorld.routes)).toEqual(expected);
  });
});
