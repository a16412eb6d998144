import { describe, expect, it } from "vitest";
import type { Service } from "../../../src/model/service.ts";
import { createDecoder, type Decoded } from "../../../src/store/decode/decoder.ts";
import { decodeHealthStatus, encodeHealthStatus } from "../../../src/store/decode/status-codec.ts";
import { entry, storeState } from "./decode-entries.ts";

const key = "status/health/web";
const sickness = { sinceMs: 1, kind: "answer", reason: "GET /health answers 503" } as const;
const finding = (...addresses: readonly string[]) => ({
  sick: Object.fromEntries(addresses.map((address) => [address, sickness])),
  operation: "1",
});
const web = ({ state }: Decoded): Service | undefined =>
  [...state.services.values()].find(({ name }) => name === "web");
const sick = (decoded: Decoded) => [...(web(decoded)?.sick.keys() ?? [])];

const started = (value: unknown) => {
  const decoder = createDecoder();
  const first = decoder.start(storeState([entry("weights/web", { v1: 1 }), entry(key, value)]));
  let revision = 1n;
  const change = (next: unknown) => {
    revision += 1n;
    const puts = next === undefined ? [] : [entry(key, next, revision)];
    return decoder.change({ revision, puts, deletes: next === undefined ? [key] : [] });
  };
  return { first, change };
};

describe("what probes have found, as gRPC clients' state", () => {
  it("is part of the service, sorted, and no origin of what it makes", () => {
    const { first } = started(finding("10.0.0.2:80", "10.0.0.1:80"));
    expect(sick(first)).toEqual(["10.0.0.1:80", "10.0.0.2:80"]);
    expect(web(first)?.origins).toEqual(["weights/web"]);
    expect(first.diagnostics).toEqual([]);
  });

  it("comes and goes with the value, and survives a broken one", () => {
    const { change } = started(finding("10.0.0.1:80"));
    expect(sick(change(finding("10.0.0.2:80")))).toEqual(["10.0.0.2:80"]);
    for (const broken of [
      "{",
      [],
      { ...finding(), more: 1 },
      { sick: { "": sickness }, operation: "" },
    ]) {
      const after = change(broken);
      expect(sick(after)).toEqual(["10.0.0.2:80"]);
      expect(after.diagnostics).toMatchObject([{ severity: "error", key }]);
    }
    const gone = change(undefined);
    expect([sick(gone), gone.diagnostics]).toEqual([[], []]);
  });

  it("is read as it was written", () => {
    const status = {
      sick: new Map([["[2001:db8::1]:80", { ...sickness, backMs: 7 }]]),
      operation: "7",
    };
    expect(decodeHealthStatus({ value: encodeHealthStatus(status) })).toEqual({
      ok: true,
      value: status,
    });
  });
});
