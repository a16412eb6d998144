import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createXdsObserver } from "../../../src/app/xds-observer.ts";
import { createSnapshot, SnapshotCache, XdsServer } from "../../../src/index.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { selfSigned } from "../../support/certificates.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy, type FakeProxy } from "../../support/fake-proxy.ts";

const pair = selfSigned("edge");
const canary = "CANARY";
/** Two lines of the key, in PEM and in base64 of the PEM. */
const [, keyText = ""] = pair.privateKey.split("\n");
const traces = [
  canary,
  Buffer.from(canary).toString("base64").slice(0, 7),
  keyText,
  Buffer.from(pair.privateKey).toString("base64").slice(60, 120),
];

const secretBody = {
  name: "own",
  tls_certificate: { private_key: { inline_string: canary } },
};

const objects = {
  ...webObjects,
  "secrets/edge": pair,
  "secrets/kubernetes": {
    apiVersion: "v1",
    kind: "Secret",
    data: {
      "tls.crt": Buffer.from(pair.certificate).toString("base64"),
      "tls.key": Buffer.from(pair.privateKey).toString("base64"),
    },
  },
  "secrets/wrong": { certificate: canary, privateKey: canary, [canary]: canary },
  "services/web": { tls: { certificate: "kubernetes" } },
  "gateways/edge": {
    nodeSelector: { cluster: "edge" },
    listeners: [
      { name: "a", port: 1, protocol: "HTTPS", tls: { certificateRefs: [{ name: "edge" }] } },
    ],
  },
  "resources/*/secrets/raw": { ...secretBody, name: "raw" },
  "resources/*/secrets/wrong": { name: "wrong", tls_certificate: canary },
  "snapshots/own-1": {
    resources: [
      { type: "sds", resource: secretBody },
      { type: "sds", resource: { name: "wrong", generic_secret: canary } },
      {
        type: "ecds",
        resource: {
          name: "opaque",
          typed_config: { "@type": "type.googleapis.com/a.B", value: "Q0FOQVJZ" },
        },
      },
    ],
  },
};

/** What Envoy says of a cluster with a key in it, where something else of the cluster is wrong. */
const rejection = `goo.gle/debugonly    \nname: "k"\ntransport_socket {\n  private_key {
    inline_string: "${canary} ${keyText}"\n  }\n}
: Proto constraint validation failed (ClusterValidationError.LbPolicy: value must be known)`;

let lab: AdminLab;
let proxies: readonly FakeProxy[];

beforeAll(async () => {
  lab = await adminLab({ objects });
  await lab.app.started;
  proxies = ["own-1", "edge-1"].map((id) => connectProxy(lab.app.hub, { id }));
  for (const proxy of proxies) {
    proxy.subscribe(typeUrls.secret, ["own", "raw", "secret/edge"]);
    proxy.nack(typeUrls.secret, `constraint failed: inline_string: "${canary}"`);
    proxy.subscribe(typeUrls.cluster);
    proxy.nack(typeUrls.cluster, rejection);
  }
});

afterAll(() => lab.close());

describe("a secret", () => {
  it("is served to the proxies, so that there is something to hide", () => {
    for (const proxy of proxies) expect(proxy.received(typeUrls.secret)).not.toEqual([]);
    const names = lab.app
      .views()
      .flatMap((view) => [
        ...(view
          .tables()
          .find((one) => one.typeUrl === typeUrls.secret)
          ?.resources() ?? []),
      ])
      .map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(["own", "raw", "secret/edge"]));
  });

  it.each([
    "/v1/objects",
    "/v1/objects?values=true",
    "/v1/objects/secrets/edge",
    "/v1/objects/secrets/kubernetes",
    "/v1/objects/secrets/wrong",
    "/v1/objects/resources/*/secrets/raw",
    "/v1/objects/resources/*/secrets/wrong",
    "/v1/objects/snapshots/own-1",
    "/v1/snapshot",
    "/v1/snapshot?bodies=true",
    "/v1/snapshot?bodies=true&type=SDS",
    "/v1/snapshot?bodies=true&type=ECDS",
    "/v1/history",
    "/v1/diagnostics",
    "/v1/store",
    "/v1/proxies",
    "/v1/wait?revision=1&timeoutMs=0",
    "/metrics",
    "/readyz",
  ])("is not in %s", async (path) => {
    const { text, status } = await lab.get(path);
    expect([200, 409, 503, 504]).toContain(status);
    expect(text.length).toBeGreaterThan(0);
    for (const trace of traces) expect(text).not.toContain(trace);
  });

  it("of a service is in the view of an Envoy, and in none of everything", async () => {
    connectProxy(lab.app.hub, { id: "edge-3", userAgent: "envoy" }).subscribe(typeUrls.cluster);
    const { json } = await lab.get("/v1/snapshot?type=SDS");
    const held = (isWanted: (key: string) => boolean): readonly string[] =>
      json.views
        .filter(({ view }: { view: string }) => isWanted(view))
        .flatMap(({ types }: { types: { resources: { name: string }[] }[] }) =>
          types.flatMap(({ resources }) => resources.map(({ name }) => name)),
        );
    const ofEnvoy = held((key) => !/^(?:all|node):/.test(key));
    expect(ofEnvoy).toEqual(["raw", "secret/edge", "secret/kubernetes"]);
    expect(held((key) => key.startsWith("all:"))).toEqual(["raw", "secret/edge"]);
    const { text } = await lab.get("/v1/snapshot");
    expect(text).not.toContain("no SDS");
  });

  it("is named where it is shown", async () => {
    const { text } = await lab.get("/v1/snapshot?bodies=true");
    for (const name of ["secret/edge", "own", "raw"]) {
      expect(text).toContain(`"body":{"name":"${name}","redacted":"[redacted]"}`);
    }
    expect(text).toContain('{"@type":"type.googleapis.com/a.B","value":"[redacted]"}');
    const { json } = await lab.get("/v1/diagnostics");
    const keys = json.map(({ key }: { key: string }) => key);
    expect(keys).toEqual(
      expect.arrayContaining(["secrets/wrong", "resources/*/secrets/wrong", "snapshots/own-1"]),
    );
  });

  it("is not in the reason of a rejection, which tells what was wrong all the same", async () => {
    const reason = "[dump left out] Proto constraint validation failed (ClusterValidationError.L";
    for (const path of [
      "/v1/proxies",
      `/v1/wait?revision=${lab.app.views()[0]?.revision}&timeoutMs=0`,
    ]) {
      const { text } = await lab.get(path);
      expect(text).toContain(reason);
      for (const trace of traces) expect(text).not.toContain(trace);
    }
    const { code, out, err } = await cli(["status", "--admin", lab.url]);
    expect(code).toBe(1);
    expect(out).toContain(reason);
    for (const trace of traces) expect(out + err).not.toContain(trace);
  });

  it("is not in the log of what a proxy rejected", () => {
    const lines: string[] = [];
    const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
    const observer = createXdsObserver(logger, createMetrics());
    const [view] = lab.app.views().filter(({ key }) => key !== "node:own-1");
    const cache = new SnapshotCache();
    cache.setSnapshot("edge-2", createSnapshot(view?.resources() ?? []));
    const server = new XdsServer(cache, { callbacks: observer });
    const proxy = connectProxy(server.hub, { id: "edge-2" });
    for (const [typeUrl, names] of [
      [typeUrls.cluster, []],
      [typeUrls.secret, ["raw"]],
    ] as const) {
      proxy.subscribe(typeUrl, names);
      proxy.nack(typeUrl, rejection);
    }
    server.close();
    const rejected = lines.filter((line) => line.includes("rejected by the proxy"));
    expect(rejected).toHaveLength(2);
    expect(rejected[0]).toContain("ClusterValidationError.LbPolicy");
    for (const trace of traces) expect(lines.join("")).not.toContain(trace);
  });
});
