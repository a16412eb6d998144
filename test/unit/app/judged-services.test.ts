import { describe, expect, it } from "vitest";
import { judgedServices } from "../../../src/app/judged-services.ts";
import { createDecoder } from "../../../src/store/decode/decoder.ts";
import { entry, storeState } from "../store/decode-entries.ts";

const canary = (steps: readonly object[], more: object = {}) => ({
  strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps, ...more } },
});
const prometheus = { prometheus: { address: "http://127.0.0.1:9090", query: "x" } };
const metric = (provider: object, failureCondition = "result > 1") => ({
  name: "m",
  interval: "30s",
  count: 1,
  failureCondition,
  provider,
});
const analysis = (...of: Parameters<typeof metric>) => ({ analysis: { metrics: [metric(...of)] } });
const ofProxies = analysis({ envoy: {} }, "result.ratio5xx > 0.05");

function judged(objects: Readonly<Record<string, object>>): readonly string[] {
  const entries = Object.entries(objects).map(([key, value]) => entry(key, value));
  const { state, diagnostics } = createDecoder().start(storeState(entries));
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  return [...judgedServices(state)];
}

describe("what is judged", () => {
  it("has a guard that asks the proxies", () => {
    expect(
      judged({
        "services/a": {},
        "services/b": { guard: [{}] },
        "services/c": { guard: [{ failureCondition: "result > 1", provider: prometheus }] },
      }),
    ).toEqual(["b"]);
  });

  it("has a release whose guard or analysis asks the proxies", () => {
    expect(
      judged({
        "rollouts/a": canary([{ setWeight: 5 }]),
        "rollouts/b": canary([{ setWeight: 5 }, ofProxies]),
        "rollouts/c": canary([{ setWeight: 5 }, analysis(prometheus)]),
        "rollouts/d": canary([{ setWeight: 5 }], ofProxies),
        "rollouts/e": { ...canary([{ setWeight: 5 }]), guard: [{}] },
      }),
    ).toEqual(["b", "d", "e"]);
  });
});
