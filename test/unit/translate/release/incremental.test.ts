/** What the status of a release costs, from the store to the resources: it is written at every turn. */
import { beforeEach, describe, expect, it } from "vitest";
import type { DesiredState } from "../../../../src/model/desired-state.ts";
import type { ServiceName } from "../../../../src/model/names.ts";
import type { RolloutStatus } from "../../../../src/model/rollout-status.ts";
import type { Resource } from "../../../../src/snapshot/resource.ts";
import { shortName } from "../../../../src/snapshot/type-url.ts";
import { createDecoder, type Decoder } from "../../../../src/store/decode/decoder.ts";
import type { StoreChange } from "../../../../src/store/store.ts";
import { createTranslator, type Translation } from "../../../../src/translate/translate.ts";
import { statusAt } from "../../../support/release-status.ts";
import { gateway } from "../states.ts";

const web = "web" as ServiceName;
const match = [{ headerName: "X-Tester", headerValue: { exact: "1" } }];
const rollout = {
  strategy: {
    canary: {
      stableSubset: "v1",
      canarySubset: "v2",
      steps: [
        { setWeight: 5 },
        { setHeaderRoute: { name: "testers", match } },
        { pause: {} },
        { setWeight: 20 },
        { setHeaderRoute: { name: "testers" } },
      ],
    },
  },
};

let revision: bigint;
let decoder: Decoder;
let translate: ReturnType<typeof createTranslator>;
let last: Translation;
let state: DesiredState;

function put(objects: Readonly<Record<string, object>>) {
  revision += 1n;
  const decoded = change({
    puts: Object.entries(objects).map(([key, value]) => ({
      key,
      value: Buffer.from(JSON.stringify(value)),
      modRevision: revision,
      createRevision: 1n,
    })),
    deletes: [],
  });
  return { ...decoded, made: made(translate(decoded.state)) };
}

function change({ puts, deletes }: Pick<StoreChange, "puts" | "deletes">) {
  const decoded = decoder.change({ revision, puts, deletes });
  ({ state } = decoded);
  return decoded;
}

function remove(...deletes: readonly string[]) {
  revision += 1n;
  return change({ puts: [], deletes });
}

/** Resources whose bytes are other ones than before, by type and name. */
function made(next: Translation): readonly string[] {
  const known = new Set(allOf(last).map(({ any }) => any));
  const others = allOf(next).filter(({ any }) => !known.has(any));
  last = next;
  return others.map(({ typeUrl, name }) => `${shortName(typeUrl)} ${name}`);
}

const allOf = ({ shared, gateways }: Translation): readonly Resource[] =>
  [...shared.values(), ...[...gateways.values()].map(({ bundle }) => bundle)].flatMap(
    ({ resources }) => resources,
  );

const status = ({ step = 0, ...more }: Partial<RolloutStatus> = {}) =>
  statusAt(rollout, step, more);

beforeEach(() => {
  revision = 1n;
  decoder = createDecoder();
  translate = createTranslator({ defaultGateway: gateway("default") });
  ({ state } = decoder.start({ revision, entries: new Map() }));
  last = translate(state);
  const services = Array.from({ length: 50 }, (_, n) => `service-${n}`);
  const objects = [web, ...services].flatMap((name): [string, object][] => [
    [`endpoints/${name}/a`, { address: "10.0.0.1:80", version: "v1" }],
    [`endpoints/${name}/b`, { address: "10.0.0.2:80", version: "v2" }],
    [`weights/${name}`, { v1: 95, v2: 5 }],
  ]);
  put({ ...Object.fromEntries(objects), "rollouts/web": rollout });
  put({ "status/rollouts/web": status() });
});

describe("the status of a release", () => {
  it("is no change to the state where it says the same to proxies", () => {
    const { services } = state;
    const { changed, made: resources } = put({
      "status/rollouts/web": status({
        phase: "Degraded",
        reachedMs: 5,
        waits: { for: "Signal", sinceMs: 4 },
        message: "no progress for 10m",
        operation: "2",
      }),
    });
    expect(changed).toBe(false);
    expect(state.services).toBe(services);
    expect(resources).toEqual([]);
  });

  it("makes nothing where another step has the same routes", () => {
    put({ "status/rollouts/web": status({ step: 1 }) });
    const { services } = state;
    for (const step of [2, 3]) {
      const { changed, made: resources } = put({ "status/rollouts/web": status({ step }) });
      expect(changed).toBe(true);
      expect(state.services).toBe(services);
      expect(resources).toEqual([]);
    }
  });

  it("makes the routes of its own service, once for each place they stand in", () => {
    const begun = put({ "status/rollouts/web": status({ step: 1 }) });
    expect(begun.made).toEqual(["RDS web", "RDS default/http"]);
    const ended = put({ "status/rollouts/web": status({ step: 4 }) });
    expect(ended.made).toEqual(["RDS web", "RDS default/http"]);
  });

  it("ends them with an abort, in the same revision as the weights", () => {
    put({ "status/rollouts/web": status({ step: 1 }) });
    const aborted = { atMs: 1, by: "ann", reason: "wrong prices" };
    put({
      "status/rollouts/web": status({ step: 1, phase: "Degraded", aborted }),
      "weights/web": { v1: 100, v2: 0 },
    });
    expect(state.services.get(web)?.release?.routes).toEqual([]);
    expect(state.services.get(web)?.weights?.map(({ weight }) => weight)).toEqual([100, 0]);
  });

  it("outlives the instances, and a rollout that is written again in other words", () => {
    put({ "status/rollouts/web": status({ step: 1 }) });
    const routes = () => state.services.get(web)?.release?.routes.map(({ name }) => name);
    put({ "rollouts/web": { ...rollout, paused: true } });
    expect(routes()).toEqual(["testers"]);
    remove("endpoints/web/a", "endpoints/web/b", "weights/web");
    expect(state.services.has(web)).toBe(false);
    put({ "endpoints/web/b": { address: "10.0.0.2:80", version: "v2" } });
    expect(routes()).toEqual(["testers"]);
    const [, ...steps] = rollout.strategy.canary.steps;
    put({ "rollouts/web": { strategy: { canary: { ...rollout.strategy.canary, steps } } } });
    expect(routes()).toEqual([]);
  });

  it("has a salt that stays until the next release begins", () => {
    const salt = (next: object) =>
      put({ "status/rollouts/web": next }).state.services.get(web)?.release?.salt;
    const first = salt(status());
    expect(first).toMatch(/^web-[0-9a-f]{8}$/);
    expect(salt(status({ step: 3 }))).toBe(first);
    expect(salt(status({ step: 5, phase: "Healthy" }))).toBe(first);
    remove("rollouts/web");
    expect(state.services.get(web)?.release).toEqual({ salt: first, routes: [] });
    expect(salt(status({ specHash: "another" }))).not.toBe(first);
  });
});
