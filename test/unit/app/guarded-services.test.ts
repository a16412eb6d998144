import { describe, expect, it } from "vitest";
import { GuardedServices } from "../../../src/app/guarded-services.ts";
import type { DesiredState } from "../../../src/model/desired-state.ts";
import { looksOf } from "../../../src/rollout/guard/guarded-service.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { entry, storeState } from "../store/decode-entries.ts";

type Objects = Readonly<Record<string, object>>;

const base = {
  "services/web": { guard: [{}] },
  "endpoints/web/a": { address: "10.0.0.1:80", version: "v1", weight: 90 },
  "endpoints/web/b": { address: "10.0.0.2:80", version: "v2", weight: 10 },
} as const;

function decoded(objects: Objects) {
  const decoder = createDecoder();
  const entries = Object.entries(objects).map(([key, value]) => entry(key, value));
  const { state, diagnostics } = decoder.start(storeState(entries));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  let revision = 1n;
  const put = (key: string, value: object): DesiredState => {
    revision += 1n;
    const puts = [entry(key, value, revision)];
    return decoder.change({ revision, puts, deletes: [] }).state;
  };
  return { state, put };
}

const guarded = (objects: Objects) => new GuardedServices().of(decoded(objects).state);

const weightsOf = (objects: Objects) =>
  Object.fromEntries(
    guarded(objects)[0]?.weights.map(({ subset, weight }) => [subset, weight]) ?? [],
  );

/** `<guard> <version>`. */
const watched = (objects: Objects) =>
  guarded(objects)
    .flatMap(looksOf)
    .map(({ guard, subset }) => `${guard.name} ${subset}`);

describe("services with guards", () => {
  it("are the same list for the same state, and while other objects change", () => {
    const services = new GuardedServices();
    const { state, put } = decoded(base);
    const first = services.of(state);
    expect(services.of({ ...state })).toBe(first);
    expect(services.of(put("routes/r", { rules: [{ backendRefs: [{ name: "web" }] }] }))).toBe(
      first,
    );
    const after = services.of(put("weights/web", { v1: 1, v2: 1 }));
    expect(after).not.toBe(first);
    expect(after[0]?.weights).toEqual([
      { subset: "v1", weight: 1 },
      { subset: "v2", weight: 1 },
    ]);
  });

  it("are those alone that have one, and instances", () => {
    expect(guarded({ "services/web": {}, "endpoints/web/a": base["endpoints/web/a"] })).toEqual([]);
    expect(watched({ "services/web": { guard: [{}] } })).toEqual([]);
    expect(watched(base)).toEqual(["http-5xx v2"]);
  });

  it("have the weights that tags give, where none are written", () => {
    expect(weightsOf(base)).toEqual({ v1: 9_000, v2: 1_000 });
    expect(weightsOf({ ...base, "weights/web": { v1: 3, v2: 1 } })).toEqual({ v1: 3, v2: 1 });
  });

  it("have the guards of their release as well, which watch its canary", () => {
    const strategy = {
      canary: { stableSubset: "v1", canarySubset: "v3", steps: [{ setWeight: 5 }] },
    };
    const objects = {
      ...base,
      "endpoints/web/c": { address: "10.0.0.3:80", version: "v3" },
      "rollouts/web": { strategy, guard: [{ name: "of-release" }] },
    };
    expect(watched(objects)).toEqual(["http-5xx v2", "http-5xx v3", "of-release v3"]);
    expect(watched({ ...objects, "services/web": {} })).toEqual(["of-release v3"]);
  });

  it("have no part of what is in a lane, which has traffic of its own", () => {
    const inLane = { address: "10.0.0.9:80", version: "v0", weight: 100, labels: { lane: "gray" } };
    const objects = { ...base, "lanes/gray": {}, "endpoints/web/g": inLane };
    expect(watched(objects)).toEqual(["http-5xx v2"]);
    expect(weightsOf(objects)).toEqual({ v1: 9_000, v2: 1_000 });
  });
});
