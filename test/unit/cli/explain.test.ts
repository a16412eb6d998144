import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, startedLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { statusAt } from "../../support/release-status.ts";

const objects: Readonly<Record<string, object>> = {
  "endpoints/web/a": { address: "127.0.0.1:8081", version: "v1", zone: "z1" },
  "endpoints/web/b": { address: "127.0.0.1:8082", version: "v2" },
  "endpoints/web/c": { address: "127.0.0.1:8083", version: "v2", weight: 0 },
  "weights/web": { v1: 90, v2: 10 },
  "gateways/edge": {
    nodeSelector: { cluster: "edge" },
    listeners: [
      { name: "http", address: "127.0.0.1", port: 10_080 },
      { name: "other", address: "127.0.0.1", port: 10_081, hostname: "*.other" },
    ],
  },
  "routes/shop": {
    hostnames: ["shop.example"],
    rules: [
      {
        matches: [{ headers: [{ name: "x-release-stage", value: "canary" }] }],
        backendRefs: [{ name: "web", subset: "v2" }],
      },
      { backendRefs: [{ name: "web" }] },
    ],
  },
};

const root = mkdtempSync(join(tmpdir(), "serin-explain-test-"));
afterAll(() => rmSync(root, { recursive: true }));
function folderOf(name: string, values: Readonly<Record<string, object>>): string {
  const path = join(root, name);
  for (const [key, value] of Object.entries(values)) {
    const file = join(path, `${key}.json`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, JSON.stringify(value));
  }
  return path;
}
const folder = folderOf("store", objects);

async function start(): Promise<AdminLab> {
  return startedLab({ objects });
}

const offline = (...argv: readonly string[]) => cli(["explain", ...argv, "-f", folder]);

describe("explain", () => {
  it("tells the way from the listener to the instances", async () => {
    const { code, out, err } = await offline(
      "shop.example",
      "--gateway",
      "edge",
      "--path",
      "/cart",
    );
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/^listener edge\/http at 127\.0\.0\.1:10080 of gateway edge\n/);
    expect(out).toContain("virtual host  shop.example\n");
    expect(out).toMatch(/not +shop\/0\/0: header x-release-stage is "canary": it is missing\n/);
    expect(out).toMatch(/route +shop\/1\/0 from routes\/shop\n/);
    expect(out).toMatch(
      /split +by chance\n +web\/v1 +90 % +weight 9000\n +web\/v2 +10 % +weight 1000\n/,
    );
    expect(out).toMatch(/cluster web\/v2 from .*weights\/web/);
    expect(out).toMatch(/127\.0\.0\.1:8081 +100 +z1 +0 +-\n/);
    expect(out).toMatch(/127\.0\.0\.1:8083 +1 +- +0 +drained\n/);
  });

  it("tells which header decided", async () => {
    const { out } = await offline("shop.example", "-H", "X-Release-Stage: canary", "-o", "json");
    const { answers } = JSON.parse(out);
    // Two listeners, and the built-in gateway's.
    expect(answers.map(({ listener }: { listener: string }) => listener)).toEqual([
      "edge/http",
      "edge/other",
      "default/http",
    ]);
    expect(answers[0]).toMatchObject({
      gateway: "edge",
      explanation: {
        virtualHost: "shop.example",
        outcomes: [
          {
            route: "shop/0/0",
            share: 1,
            matched: ["path starts with /", 'header x-release-stage is "canary"'],
            decision: { kind: "cluster", cluster: "web/v2" },
          },
        ],
        origins: [["routes/shop"]],
      },
      clusters: [{ cluster: "web/v2", known: true, endpoints: [{}, {}] }],
    });
    expect(answers[1].explanation).toMatchObject({ virtualHost: null, unmatched: 1 });
  });

  it("tells which route of a release took the request, and of which one", async () => {
    const match = [{ headerName: "X-Tester", headerValue: { exact: "1" } }];
    const steps = [{ setHeaderRoute: { name: "testers", match } }, { setWeight: 20 }];
    const rollout = { strategy: { canary: { stableSubset: "v1", canarySubset: "v2", steps } } };
    const released = folderOf("released", {
      ...objects,
      "rollouts/web": rollout,
      "status/rollouts/web": statusAt(rollout, 0),
    });
    const asked = (host: string, ...more: readonly string[]) =>
      cli(["explain", host, "--gateway", "edge", "-f", released, ...more]);
    const { out } = await asked("shop.example", "-H", "x-tester: 1", "-o", "json");
    expect(JSON.parse(out).answers[0]).toMatchObject({
      explanation: {
        outcomes: [
          {
            route: "shop/1/0/rollout:web:testers",
            decision: { kind: "cluster", cluster: "web/v2" },
          },
        ],
        origins: [["routes/shop", "rollouts/web"]],
        releases: [[{ service: "web", route: "testers" }]],
      },
    });
    const told = (await asked("web", "-H", "x-tester: 1")).out;
    expect(told).toMatch(/route +rollout:web:testers from rollouts\/web\n/);
    expect(told).toContain("taken by the route testers of the release rollouts/web");
    expect((await asked("web")).out).not.toContain("taken by");
  });

  it("says which hosts lead to a service that has none of its own here", async () => {
    const { out } = await offline("nowhere", "--gateway", "edge", "--listener", "http");
    expect(out).toMatch(/virtual host +none is for this host: 404\n/);
    const other = await offline("web", "--listener", "edge/other");
    expect(other.out).toMatch(/virtual host +none is for this host: 404/);
  });

  it("tells what gRPC clients without a proxy get", async () => {
    const { code, out } = await offline("web", "--grpc", "--path", "/shop.Cart/Get");
    expect(code).toBe(0);
    expect(out).toMatch(/^listener web for gRPC clients\n/);
    expect(out).toMatch(/web\/v1 +90 % /);
    const unknown = await offline("nobody", "--grpc");
    expect(unknown).toMatchObject({
      code: 1,
      err: "serin: there is no service nobody for gRPC clients to ask for\n",
    });
  });

  it("leaves out the built-in gateway where another takes every proxy", async () => {
    const rest = await offline("web");
    expect(rest.out).toContain(
      "listener default/http at 127.0.0.1:10000 of gateway default (only for proxies that no gateway selects)\n",
    );
    expect(rest.out).toMatch(/route +the service's own split \(no rule in the store\)\n/);
    const all = folderOf("all", {
      "gateways/all": { listeners: [{ name: "http", port: 10_082 }] },
    });
    const { out } = await offline("web", "-f", all);
    expect(out).toContain("listener all/http");
    expect(out).not.toContain("default/http");
  });

  it("says why the proxy answers by itself, or has no such host", async () => {
    const more = folderOf("more", {
      "routes/y": {
        hostnames: ["y.example"],
        rules: [
          { matches: [{ path: { value: "/zero" } }], backendRefs: [{ name: "web", weight: 0 }] },
          {
            matches: [{ path: { value: "/secure" } }],
            filters: [{ type: "RequestRedirect", requestRedirect: { scheme: "https" } }],
          },
          {},
        ],
      },
      "routes/lost": {
        hostnames: ["*.lost.example"],
        parentRefs: [{ name: "nowhere" }],
        rules: [{ backendRefs: [{ name: "web" }] }],
      },
    });
    const ask = (host: string, path: string) =>
      offline(host, "--path", path, "--gateway", "edge", "--listener", "http", "-f", more);
    const zero = await ask("y.example", "/zero");
    expect(zero.out).toMatch(/answer +500\n +why +routes\/y rules\[0\]\.backendRefs: all weights/);
    expect(zero.out).not.toContain("neither backendRefs");
    expect((await ask("y.example", "/")).out).toMatch(/why +routes\/y rules\[2\]: has neither/);
    expect((await ask("y.example:80", "/secure")).out).toMatch(
      /route +y\/1\/0, as serin added it for a Host that names a port from routes\/y\n/,
    );
    const lost = await ask("a.lost.example", "/");
    expect(lost.out).toMatch(/404; routes\/lost has this hostname, but no listener here\n/);
    expect(lost.out).toMatch(/why +routes\/lost parentRefs\[0\]: no gateway nowhere/);
  });

  it("ends with 1 for gateways and listeners that are not there", async () => {
    const { code, err } = await offline("web", "--gateway", "none");
    expect(code).toBe(1);
    const others = "edge/http, edge/other, default/http";
    expect(err).toBe(`serin: there is no listener of gateway none; there is ${others}\n`);
    const lost = await offline("web", "--listener", "none", "--node", "x");
    expect(lost.err).toBe("serin: there is no listener none for node x; there is default/http\n");
  });

  it("asks a running serin, to which no proxy is connected, and gets the same", async () => {
    const { url } = await start();
    const argv = ["shop.example", "--gateway", "edge", "-H", "x-a: 1", "-H", "x-a: é, 2"];
    const there = await cli(["explain", ...argv, "--admin", url]);
    expect(there).toMatchObject({ code: 0, err: "" });
    const here = (await offline(...argv)).out;
    expect(there.out).toBe(here.replaceAll("no proxy was asked", "no connected proxy gets it"));
    const wrong = await cli(["explain", "web", "--gateway", "none", "--admin", url]);
    expect(wrong.code).toBe(1);
    expect(wrong.err).toMatch(
      /^serin: there is no listener of gateway none; there is edge\/http, /,
    );
    // A store from the environment does not win over a named server.
    const env = { SERIN_STORE: "file:/nowhere" };
    expect(await cli(["explain", ...argv, "--admin", url], { env })).toMatchObject({ code: 0 });
  });

  it("knows what a connected proxy is selected by", async () => {
    const lab = await start();
    const proxy = connectProxy(lab.app.hub, { id: "edge-1", cluster: "edge" });
    const ask = async (node: string): Promise<readonly string[]> => {
      const { json } = await lab.get(`/v1/explain?target=web&node=${node}`);
      return json.answers.map(({ listener }: { listener: string }) => listener);
    };
    proxy.subscribe(typeUrls.listener);
    expect(await ask("edge-1")).toEqual(["edge/http", "edge/other"]);
    expect(await ask("stranger")).toEqual(["default/http"]);
  });

  it("refuses questions that are none", async () => {
    const lab = await start();
    for (const query of ["", "target=web&path=cart", "target=web&header=none"]) {
      expect((await lab.get(`/v1/explain?${query}`)).status, query).toBe(400);
    }
    expect((await lab.get("/v1/explain?target=web&gateway=none")).status).toBe(404);
  });

  it("lets no header make lines of its own", async () => {
    const { out } = await offline("web", "--path", "/\u001b[2J");
    expect(out).not.toContain("\u001b");
  });

  it("warns of objects that are wrong", async () => {
    const file = join(root, "broken", "weights", "web.json");
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, "{");
    const { err } = await cli(["explain", "web", "-f", folder, "-f", join(root, "broken")]);
    expect(err).toContain("weights/web");
  });
});
