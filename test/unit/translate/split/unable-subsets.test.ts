import { describe, expect, it } from "vitest";
import type { DesiredState } from "../../../../src/model/desired-state.ts";
import type { ServiceName } from "../../../../src/model/names.ts";
import { createDecoder } from "../../../../src/store/decode/decoder.ts";
import { unableSubsets } from "../../../../src/translate/split/unable-subsets.ts";
import { v1, v2 } from "../../../support/releases.ts";
import { entry, storeState } from "../../store/decode-entries.ts";

const rollout = { service: "web" as ServiceName, stable: v1, canary: v2 };

function stateOf(objects: Readonly<Record<string, unknown>>): DesiredState {
  const entries = Object.entries(objects).map(([key, value]) => entry(key, value));
  const { state, diagnostics } = createDecoder().start(storeState(entries));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return state;
}

const unable = (objects: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(unableSubsets(rollout, stateOf(objects)));

const one = { address: "10.0.0.1:80", version: "v1" };
const two = { address: "10.0.0.2:80", version: "v2" };
const latch = { atMs: 1, guard: "http-5xx", evidence: "it failed" };

describe("versions that can take no traffic", () => {
  it("are those without instances, drained, or taken out", () => {
    expect(unable({ "endpoints/web/a": one, "endpoints/web/b": two })).toEqual({});
    expect(unable({})).toEqual({ v1: "v1 has no instance", v2: "v2 has no instance" });
    expect(unable({ "endpoints/web/b": two })).toEqual({ v1: "v1 has no instance" });
    expect(unable({ "endpoints/web/a": { ...one, weight: 0 }, "endpoints/web/b": two })).toEqual({
      v1: "all instances of v1 are drained",
    });
    const guards = { latched: { v1: latch }, retried: {}, operation: "1" };
    expect(
      unable({ "endpoints/web/a": one, "endpoints/web/b": two, "status/guards/web": guards }),
    ).toEqual({ v1: "v1 is taken out by the guard http-5xx" });
  });

  it("are none for which another one stands in, unless that is the canary", () => {
    const subsets = (fallback: string) => [
      { name: "v1", labels: { version: "v1" }, fallback },
      { name: "v2", labels: { version: "v2" } },
      { name: "v3", labels: { version: "v3" } },
    ];
    const three = { address: "10.0.0.3:80", version: "v3" };
    const there = { "endpoints/web/b": two, "endpoints/web/c": three };
    expect(unable({ ...there, "services/web": { subsets: subsets("v3") } })).toEqual({});
    expect(unable({ ...there, "services/web": { subsets: subsets("v2") } })).toEqual({
      v1: "v1 has no instance, and v2 stands in for it",
    });
  });

  it("are those whose instances are all in a lane", () => {
    const lane = { header: "x-lane", labels: { lane: "gray" } };
    expect(
      unable({
        "endpoints/web/a": { ...one, labels: { lane: "gray" } },
        "endpoints/web/b": two,
        "lanes/gray": lane,
      }),
    ).toEqual({ v1: "v1 has no instance" });
  });
});
