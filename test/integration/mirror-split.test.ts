/** Copies to a service that is split, counted request by request behind a real Envoy. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { binomialInterval } from "../support/binomial.ts";
import { type EchoBackend, startEchoBackend } from "../support/echo-backend.ts";
import { rawHttp } from "../support/raw-http.ts";
import { type Scene, startScene } from "../support/scene.ts";
import { eventually } from "../support/wait.ts";

const total = 4_000;
const versions = ["v1", "v2"] as const;

let scene: Scene;
const dark = new Map<string, EchoBackend>();
let asked = 0;

beforeAll(async () => {
  scene = await startScene({ variant: "delta" });
  for (const version of versions) {
    const backend = await startEchoBackend(version);
    dark.set(version, backend);
    const address = `127.0.0.1:${backend.port}`;
    await scene.apply(`endpoints/dark/${version}`, { address, version });
  }
});

afterAll(async () => {
  await scene?.stop();
  for (const backend of dark.values()) await backend.close();
});

const mirror = (percent: number, subset?: string) => ({
  type: "RequestMirror",
  requestMirror: {
    backendRef: { name: "dark", ...(subset === undefined ? {} : { subset }) },
    percent,
  },
});

const mirrored = (...filters: readonly object[]) =>
  scene.apply("routes/web", {
    hostnames: ["web"],
    rules: [{ filters, backendRefs: [{ name: "web" }] }],
  });

const sentTo = async (version: string): Promise<number> => {
  const name = `cluster.dark/${version}.upstream_rq_total`;
  return (await scene.envoy.stats("upstream_rq_total")).get(name) ?? 0;
};

/** Paths of the copies that each version has got of requests whose paths are all different. */
async function copies() {
  const batch = `/batch-${++asked}/`;
  const requests = Array.from({ length: total }, (_, n) => ({
    host: "web",
    path: `${batch}${n}`,
    headers: [],
  }));
  const answers = await rawHttp(scene.port, requests, 8);
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
  await eventually(
    async () => {
      for (const [version, { received }] of dark) {
        if (received.length !== (await sentTo(version))) return false;
      }
      return true;
    },
    { what: "the copies that Envoy has sent to have come" },
  );
  const got = (version: string): readonly string[] =>
    (dark.get(version)?.received ?? []).filter((path) => path.startsWith(batch));
  const servedByV2 = answers.filter(({ headers }) => headers.get("x-served-by") === "v2").length;
  return { v1: got("v1"), v2: got("v2"), servedByV2 };
}

/** Each of these misses a right share once in 100,000 times. */
function expectShare(count: number, share: number): void {
  const { low, high } = binomialInterval(total, share, 0.99999);
  expect(count).toBeGreaterThanOrEqual(low);
  expect(count).toBeLessThanOrEqual(high);
}

describe("a mirror to a service that is split", () => {
  it("copies each request once, to one version by the weights", async () => {
    await scene.apply("weights/dark", { v1: 70, v2: 30 });
    await mirrored(mirror(100));
    const { v1, v2, servedByV2 } = await copies();
    expect(v1.length + v2.length).toBe(total);
    expect(new Set([...v1, ...v2]).size).toBe(total);
    expectShare(v2.length, 0.3);
    expectShare(servedByV2, 0.1);
  });

  it("copies its share of the requests, none of them twice", async () => {
    await scene.apply("weights/dark", { v1: 50, v2: 50 });
    await mirrored(mirror(40));
    const { v1, v2, servedByV2 } = await copies();
    expect(new Set([...v1, ...v2]).size).toBe(v1.length + v2.length);
    expectShare(v1.length, 0.2);
    expectShare(v2.length, 0.2);
    expectShare(servedByV2, 0.1);
  });

  it("follows the weights", async () => {
    await scene.apply("weights/dark", { v1: 0, v2: 100 });
    await mirrored(mirror(100));
    const { v1, v2 } = await copies();
    expect([v1.length, v2.length]).toEqual([0, total]);
  });

  it("leaves another mirror of the rule its share", async () => {
    await scene.apply("weights/dark", { v1: 50, v2: 50 });
    await mirrored(mirror(100), mirror(20, "v1"));
    const { v1, v2 } = await copies();
    expect(new Set([...v1, ...v2]).size).toBe(total);
    expectShare(v2.length, 0.5);
    // Both filters copy by the same number, so the second one's fifth is among v1's half.
    expectShare(v1.length - new Set(v1).size, 0.2);
  });
});
