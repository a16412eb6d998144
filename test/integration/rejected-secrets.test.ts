import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { proxyStatus } from "../../src/admin/proxy-status.ts";
import { selfSigned } from "../support/certificates.ts";
import { cli } from "../support/cli.ts";
import { freePorts } from "../support/ports.ts";
import { type RawLab, startRawLab } from "../support/raw-lab.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

/** Secrets and keys that a real Envoy refuses: what goes on, what is told, and what is not told. */

const { certificate, privateKey } = selfSigned("good");
const missing = { files: { certificate: "/nowhere/x.pem", privateKey: "/nowhere/x.key" } };
/** A line of the key, as it would stand in a dump. */
const [, canary = ""] = privateKey.split("\n");

/** A cluster with a key in it that Envoy refuses for something else. */
const clusterWithKey = (wrong: object, wrongSocket: object = {}): object => ({
  name: "k",
  type: "STATIC",
  connect_timeout: "1s",
  transport_socket: {
    name: "tls",
    typed_config: {
      "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
      ...wrongSocket,
      common_tls_context: {
        tls_certificates: [
          {
            certificate_chain: { inline_string: certificate },
            private_key: { inline_string: privateKey },
          },
        ],
      },
    },
  },
  ...wrong,
});

function commonName(port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false });
    const end = (name: string | undefined): void => {
      socket.destroy();
      resolve(name);
    };
    socket.setTimeout(2_000, () => end(undefined));
    socket.once("error", () => end(undefined));
    socket.once("close", () => end(undefined));
    socket.once("secureConnect", () => end(String(socket.getPeerCertificate().subject.CN)));
  });
}

describe.each(["delta", "sotw"] as const)("a fresh Envoy in %s", (variant) => {
  let lab: RawLab;
  let ports: readonly number[];

  beforeAll(async () => {
    ports = await freePorts(3);
    const listener = (name: string, port = 0) => ({
      name,
      port,
      address: "127.0.0.1",
      protocol: "HTTPS",
      tls: { certificateRefs: [{ name }] },
    });
    lab = await startRawLab({
      variant,
      content: {
        "secrets/good": { certificate, privateKey },
        "secrets/a-x": missing,
        "secrets/z-good": { certificate, privateKey },
        "gateways/edge": {
          nodeSelector: { cluster: "edge" },
          listeners: ["good", "a-x", "z-good"].map((name, at) => listener(name, ports[at])),
        },
      },
    });
  });
  afterAll(() => lab.stop());

  const status = (type: string) =>
    lab.app.xds
      .streams()
      .flatMap((stream) => proxyStatus(stream).types)
      .find((each) => each.type === type);

  it("serves with the good secrets beside one whose files are not there", async () => {
    const [good = 0, bad = 0, last = 0] = ports;
    for (const port of [good, last]) {
      await eventually(async () => (await commonName(port)) === "good", { what: `port ${port}` });
    }
    expect(await commonName(bad)).toBeUndefined();
    expect(status("SDS")).toMatchObject({ status: "NACKED", nack: { names: ["secret/a-x"] } });
  });

  it("is told to be NACKED until that secret itself is mended", async () => {
    const [good = 0, bad = 0] = ports;
    await lab.put({ "secrets/good": selfSigned("new") });
    await eventually(async () => (await commonName(good)) === "new", { what: "the new one" });
    expect(status("SDS")).toMatchObject({ status: "NACKED", nack: { names: ["secret/a-x"] } });
    await lab.put({ "secrets/a-x": selfSigned("mended") });
    await eventually(async () => (await commonName(bad)) === "mended", { what: "the mended one" });
    await eventually(() => status("SDS")?.status === "SYNCED", { what: "SYNCED" });
  });

  it("repeats a key in its NACK, of which serin keeps nothing", async () => {
    await lab.put({ "resources/edge/cds/k": clusterWithKey({ health_checks: [{}] }) });
    await eventually(() => status("CDS")?.status === "NACKED", { what: "a NACK" });
    expect(status("CDS")?.nack?.message).toContain("[dump left out] Proto constraint validation");
    expect(status("CDS")?.nack?.names).toContain("k");
    const socket = { sni: "a".repeat(300) };
    await lab.put({ "resources/edge/cds/k": clusterWithKey({}, socket) });
    await eventually(() => status("CDS")?.nack?.message.includes("HealthCheck") === false, {
      what: "the other NACK",
    });
    const types = [...lab.app.hub.streams].flatMap(({ types }) => [...types]);
    const texts = types.map(([, { rejected }]) => rejected?.message ?? "").join("\n");
    expect(texts).toContain("[dump left out]");
    expect(texts).not.toContain(canary);
    await lab.put({ "resources/edge/cds/k": undefined });
  });
});

describe("serin validate", () => {
  const folder = freshFolder("rejected-secrets");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it("repeats no key of what Envoy says", async () => {
    const clusters = join(folder, "resources/*/cds");
    mkdirSync(clusters, { recursive: true });
    const body = clusterWithKey({ health_checks: [{}] });
    writeFileSync(join(clusters, "k.json"), JSON.stringify(body));
    for (const [form, said] of [
      ["table", "resources/*/cds/k: health_checks[0].timeout: value is required"],
      ["json", "[dump left out] Proto constraint validation failed"],
    ] as const) {
      const { code, out, err } = await cli(["validate", "-f", folder, "-o", form]);
      expect(code).toBe(1);
      expect(out).toContain(said);
      expect(out + err).not.toContain(canary);
    }
  });
});
