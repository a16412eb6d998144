import pino from "pino";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createXdsObserver } from "../../../src/app/xds-observer.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, adminLab, webObjects } from "../../support/admin.ts";
import { selfSigned } from "../../support/certificates.ts";
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

let lab: AdminLab;
let proxies: readonly FakeProxy[];

beforeAll(async () => {
  lab = await adminLab({ objects });
  await lab.app.started;
  proxies = ["own-1", "edge-1"].map((id) => connectProxy(lab.app.hub, { id }));
  for (const proxy of proxies) {
    proxy.subscribe(typeUrls.secret, ["own", "raw", "secret/edge"]);
    proxy.nack(typeUrls.secret, `constraint failed: inline_string: "${canary}"`);
  }
});

afterAll(() => lab.close());

describe("a secret", () => {
  it("is served to the proxies, so that there is something to hide", () => {
    for (const proxy of proxies) expect(proxy.received(typeUrls.secret)).toHaveLength(1);
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
    "/v1/snapshot",
    "/v1/snapshot?bodies=true",
    "/v1/snapshot?bodies=true&type=SDS",
    "/v1/snapshot?bodies=true&type=ECDS",
    "/v1/history",
    "/v1/diagnostics",
    "/v1/store",
    "/v1/proxies",
    "/metrics",
    "/readyz",
  ])("is not in %s", async (path) => {
    const { text, status } = await lab.get(path);
    expect([200, 503]).toContain(status);
    expect(text.length).toBeGreaterThan(0);
    for (const trace of traces) expect(text).not.toContain(trace);
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

  it("is not in the log of what a proxy rejected", () => {
    const lines: string[] = [];
    const logger = pino({ level: "debug" }, { write: (line: string) => void lines.push(line) });
    const observer = createXdsObserver(logger, createMetrics());
    const event = { version: "1", message: `wrong: ${canary}`, ms: 1 };
    const node = { id: "edge-1", cluster: "edge" } as Parameters<typeof observer.nacked>[0]["node"];
    observer.nacked({ ...event, node, typeUrl: typeUrls.secret } as never);
    observer.nacked({ ...event, node, typeUrl: typeUrls.cluster } as never);
    expect(lines).toHaveLength(2);
    expect(lines[0]).not.toContain(canary);
    expect(lines[1]).toContain(canary);
  });
});
