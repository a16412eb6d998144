import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { CallCommand, CallReport } from "../support/grpc-client.ts";
import { buildClients, languages } from "../support/grpc-client-build.ts";
import { type Caller, callers, type GrpcScene, startGrpcScene } from "../support/grpc-scene.ts";
import { expectShare } from "../support/share.ts";
import { eventually } from "../support/wait.ts";

const calls = 400;
/** Compilers and downloads, where the cache is empty. */
const buildMs = 600_000;

describe("gRPC clients without a proxy, and an Envoy, on one service", () => {
  let scene: GrpcScene;

  beforeAll(async () => {
    await buildClients();
    scene = await startGrpcScene();
  }, buildMs);
  afterAll(() => scene?.stop());

  const ask = (caller: Caller, command: CallCommand): Promise<CallReport> =>
    scene.clients[caller].call(command);

  const measured = (caller: Caller) => async () => {
    const { counts, errors } = await ask(caller, { calls });
    return { total: calls, failures: errors, byVersion: counts };
  };

  /** An acknowledged change is in use a moment later: until these versions answer, and no other. */
  const answering = (caller: Caller, versions: readonly string[]) =>
    eventually(
      async () => {
        const { counts, errors } = await ask(caller, { calls: 60 });
        expect({ errors, versions: Object.keys(counts).toSorted() }).toEqual({
          errors: {},
          versions,
        });
        return true;
      },
      { what: `${versions.join(" and ")} to answer ${caller}`, timeoutMs: 15_000 },
    );

  it.each(callers)("the first call of %s is answered", async (caller) => {
    const report = await ask(caller, { deadlineMs: 30_000 });
    expect(report).toEqual({ counts: { v1: 1 }, errors: {}, byUser: {} });
  });

  it("all are connected, each with what it asked for", async () => {
    const proxies = await scene.serin.proxies();
    const nodes = proxies.map(({ node, variant }) => `${node} ${variant}`);
    const expected = [...languages.map((language) => `grpc-${language} sotw`), "edge-1 delta"];
    expect(nodes.toSorted()).toEqual(expected.toSorted());
    for (const { node, types } of proxies) {
      // Only an Envoy asks for weights in motion.
      const layer = node === "edge-1" ? ["RTDS SYNCED"] : [];
      expect(types.map(({ type, status }) => `${type} ${status}`)).toEqual([
        "CDS SYNCED",
        "EDS SYNCED",
        ...layer,
        "LDS SYNCED",
        "RDS SYNCED",
      ]);
    }
  });

  it.each([0, 10, 100, 50])("%d percent go to v2 after one put into etcd", async (percent) => {
    await scene.apply("weights/web", { v1: 100 - percent, v2: percent });
    const versions = [...(percent < 100 ? ["v1"] : []), ...(percent > 0 ? ["v2"] : [])];
    for (const caller of callers) {
      await answering(caller, versions);
      await expectShare(measured(caller), "v2", percent / 100);
    }
  });

  it("no call fails while the weights change 20 times", async () => {
    let changing = true;
    const totals = callers.map(async (caller) => {
      const failures: Record<string, number> = {};
      while (changing) {
        const { errors } = await ask(caller, { calls: 20, parallel: 2 });
        for (const [status, count] of Object.entries(errors)) {
          failures[status] = (failures[status] ?? 0) + count;
        }
      }
      return failures;
    });
    for (let change = 1; change <= 20; change += 1) {
      await scene.apply("weights/web", { v1: 100 - 5 * change, v2: 5 * change });
    }
    changing = false;
    expect(await Promise.all(totals)).toEqual(callers.map(() => ({})));
  });

  it("a route by header steers all of them, and only the calls with the header", async () => {
    await scene.apply("weights/web", { v1: 100, v2: 0 });
    await scene.apply("routes/web", {
      hostnames: ["web"],
      rules: [
        {
          matches: [{ headers: [{ name: "X-Release-Stage", value: "canary" }] }],
          backendRefs: [{ name: "web", subset: "v2" }],
        },
        { backendRefs: [{ name: "web" }] },
      ],
    });
    const canary: CallCommand = { calls: 60, headers: { "x-release-stage": "canary" } };
    const stable: CallCommand = { calls: 60, headers: { "x-release-stage": "stable" } };
    const canariesReach = (caller: Caller, version: string) =>
      eventually(async () => (await ask(caller, canary)).counts[version] === 60, {
        what: `calls of ${caller} with the header to reach ${version}`,
        timeoutMs: 15_000,
      });
    for (const caller of callers) {
      await canariesReach(caller, "v2");
      await answering(caller, ["v1"]);
      expect((await ask(caller, stable)).counts).toEqual({ v1: 60 });
    }
    await scene.remove("routes/web");
    for (const caller of callers) await canariesReach(caller, "v1");
  });
});
