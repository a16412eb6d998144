/** A world in which every view has something to show: releases in all states, a rejection, an alert, a broken object. */
import { envoyBootstrap } from "../../../src/cli/bootstrap-template.ts";
import { startEnvoy } from "../../support/envoy.ts";
import { startLoad } from "../../support/load.ts";
import { openedParts } from "../../support/opened.ts";
import { type Scene, startScene } from "../../support/scene.ts";
import { eventually } from "../../support/wait.ts";
import { startReceiver } from "./receiver.ts";

export interface World {
  readonly scene: Scene;
  /** Of the page and the API. */
  readonly base: string;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly serinArgs?: readonly string[];
}

const subsets = [{ name: "v1" }, { name: "v2", fallback: "v1" }];

const evidence = "v2: 7 of 22 requests failed in 120 s (at least 14.4 % with 99 %), more than 5 %";

const releaseOf = (steps: readonly object[]) => ({
  strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps } },
});

const objectsFor = (scene: Scene, url: string): Readonly<Record<string, unknown>> => {
  const instances = (service: string) => ({
    [`endpoints/${service}/a`]: { address: `127.0.0.1:${scene.v1.port}`, version: "v1", zone: "a" },
    [`endpoints/${service}/b`]: { address: `127.0.0.1:${scene.v2.port}`, version: "v2" },
    [`services/${service}`]: { subsets },
    [`weights/${service}`]: { v1: 90, v2: 10 },
  });
  const latch = { atMs: Date.UTC(2026, 0, 2, 3, 4), guard: "http-5xx", evidence };
  return {
    ...instances("shop"),
    ...instances("cart"),
    "services/web": { subsets, guard: [{ name: "http-5xx", subset: "v2" }] },
    // It waits for a person, so that all of its buttons may be pressed.
    "rollouts/shop": releaseOf([{ setWeight: 20 }, { pause: {} }, { setWeight: 60 }]),
    "status/guards/cart": { latched: { v2: latch }, retried: {}, operation: "1" },
    "status/alerts/0000000000007-0a-1": {
      service: "cart",
      atMs: Date.now(),
      severity: "error",
      title: "cart: v2 was taken out",
      text: evidence,
      webhook: { url, format: "generic" },
    },
    // Nobody listens there, so this one stays on its way.
    "status/alerts/0000000000008-0a-2": {
      service: "mail",
      atMs: Date.now(),
      severity: "warn",
      title: "mail: a release waits",
      text: "v2 cannot be judged",
      webhook: { url: "http://127.0.0.1:9/", format: "generic" },
    },
    "weights/mall": { v1: "ten" },
    // Enough services that there is something to filter.
    ...Object.fromEntries(
      ["mall", "mail", "map"].map((name) => [
        `endpoints/${name}/a`,
        { address: "127.0.0.1:9", version: "v1" },
      ]),
    ),
    "routes/shop": {
      hostnames: ["shop.example"],
      rules: [
        {
          matches: [
            {
              path: { type: "PathPrefix", value: "/cart" },
              headers: [{ name: "x-tester", value: "1" }],
            },
          ],
          backendRefs: [{ name: "cart", subset: "v2" }],
        },
        { backendRefs: [{ name: "shop" }] },
      ],
    },
    // An Envoy of this gateway cannot listen there, and says so.
    "gateways/bad": {
      nodeSelector: { cluster: "bad" },
      listeners: [{ name: "http", port: 8_080, address: "203.0.113.1" }],
    },
  };
};

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const { opened, stop } = openedParts();
  try {
    const receiver = opened(await startReceiver(), (part) => part.close());
    const { serinArgs = [] } = options;
    const scene = opened(await startScene({ variant: "delta", serinArgs }), (part) => part.stop());
    for (const [key, value] of Object.entries(objectsFor(scene, receiver.url))) {
      await scene.put(key, value);
    }
    const [serin] = scene.servers;
    if (serin === undefined) throw new Error("no server");
    for (const host of ["web", "shop"]) {
      const load = startLoad({ port: scene.port, headers: { host }, rate: 20 });
      opened(load, (part) => part.stop());
    }
    // Before the proxy that rejects: a release waits for what all have accepted.
    await eventually(
      async () =>
        (await scene.etcd.get("/serin/status/rollouts/shop"))?.value.includes("CanaryPauseStep"),
      { what: "a release that waits for a person", timeoutMs: 60_000, intervalMs: 100 },
    );
    const bootstrap = envoyBootstrap({
      nodeId: "edge-2",
      cluster: "bad",
      mode: "delta",
      servers: [{ host: "127.0.0.1", port: serin.xdsPort }],
    });
    opened(await startEnvoy({ bootstrap }), (part) => part.stop());
    await eventually(
      async () => {
        const types = (await serin.proxies()).flatMap((proxy) => proxy.types);
        return types.some(({ status }) => status === "NACKED");
      },
      { what: "a rejection", timeoutMs: 30_000, intervalMs: 100 },
    );
    return { scene, base: `http://127.0.0.1:${serin.adminPort}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Every view, by the name of its screenshots. */
export const views = {
  services: "#/services",
  service: "#/services/shop",
  latched: "#/services/cart",
  weights: "#/services/web/weights",
  release: "#/services/web/release",
  history: "#/services/shop/history",
  instances: "#/services/shop/instances",
  routes: "#/routes",
  proxies: "#/proxies",
  alerts: "#/alerts",
  diagnostics: "#/diagnostics",
  system: "#/system",
  nowhere: "#/nowhere",
} as const;

export type ViewName = keyof typeof views;
