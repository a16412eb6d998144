import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RawLab, startRawLab } from "../support/raw-lab.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

/** Every type that Envoy fetches, as raw resources, in a real Envoy; and what moves when they change. */

const ads = { ads: {}, resource_api_version: "V3" };
const extensions = "type.googleapis.com/envoy.extensions";

const folder = freshFolder("raw");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** A certificate that signs itself, as an inline secret. */
function secretOf(commonName: string): object {
  const [cert, key] = [join(folder, `${commonName}.pem`), join(folder, `${commonName}.key`)];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"],
      ...["-subj", `/CN=${commonName}`, "-days", "1", "-keyout", key, "-out", cert],
    ],
    { stdio: "pipe" },
  );
  const inline = (file: string): object => ({ inline_string: readFileSync(file, "utf8") });
  return { tls_certificate: { certificate_chain: inline(cert), private_key: inline(key) } };
}

const routeTo = (action: object, match: object = {}): object => ({
  match: { prefix: "/", ...match },
  ...action,
});
const answer = (body: string): object => ({
  direct_response: { status: 200, body: { inline_string: body } },
});
const hosts = (...routes: readonly object[]): object => ({
  virtual_hosts: [{ name: "all", domains: ["*"], routes }],
});

const router = {
  name: "router",
  typed_config: { "@type": `${extensions}.filters.http.router.v3.Router` },
};
const manager = (routing: object, filters: readonly object[] = []): object => ({
  name: "http",
  typed_config: {
    "@type": `${extensions}.filters.network.http_connection_manager.v3.HttpConnectionManager`,
    stat_prefix: "raw",
    http_filters: [...filters, router],
    ...routing,
  },
});
/** On a port that the kernel chooses. */
const listener = (filter: object, chain: object = {}): object => ({
  address: { socket_address: { address: "127.0.0.1", port_value: 0 } },
  filter_chains: [{ filters: [filter], ...chain }],
});

const tlsFrom = (sds_config: object): object => ({
  transport_socket: {
    name: "tls",
    typed_config: {
      "@type": `${extensions}.transport_sockets.tls.v3.DownstreamTlsContext`,
      common_tls_context: { tls_certificate_sds_secret_configs: [{ name: "cert", sds_config }] },
    },
  },
});

/** The service of the one type, not the aggregated one. */
const sdsAlone = {
  resource_api_version: "V3",
  api_config_source: {
    api_type: "GRPC",
    transport_api_version: "V3",
    grpc_services: [{ envoy_grpc: { cluster_name: "serin" } }],
  },
};

const gated = hosts(
  routeTo(answer("on"), {
    runtime_fraction: {
      runtime_key: "gate",
      default_value: { numerator: 0, denominator: "HUNDRED" },
    },
  }),
  routeTo(answer("off")),
);

const fault = (status: number): object => ({
  typed_config: {
    "@type": `${extensions}.filters.http.fault.v3.HTTPFault`,
    abort: { http_status: status, percentage: { numerator: 100, denominator: "HUNDRED" } },
  },
});

const scoped = {
  scoped_routes: {
    name: "scopes",
    scope_key_builder: {
      fragments: [{ header_value_extractor: { name: "x-scope", index: 0 } }],
    },
    rds_config_source: ads,
    scoped_rds: { scoped_rds_config_source: ads },
  },
};
const scope = (key: string, route_configuration_name: string): object => ({
  route_configuration_name,
  key: { fragments: [{ string_key: key }] },
});

const content = {
  "resources/*/secrets/cert": secretOf("first"),
  "resources/*/listeners/tls": listener(
    manager({ route_config: hosts(routeTo(answer("secure"))) }),
    tlsFrom(ads),
  ),
  "resources/*/listeners/tls-alone": listener(
    manager({ route_config: hosts(routeTo(answer("secure"))) }),
    tlsFrom(sdsAlone),
  ),
  "resources/*/runtimes/live": { layer: { gate: 0 } },
  "resources/*/listeners/gated": listener(manager({ route_config: gated })),
  "resources/*/extension-configs/abort": fault(418),
  "resources/*/listeners/extended": listener(
    manager({ route_config: hosts(routeTo(answer("through"))) }, [
      {
        name: "abort",
        config_discovery: {
          config_source: ads,
          type_urls: [`${extensions}.filters.http.fault.v3.HTTPFault`],
        },
      },
    ]),
  ),
  "resources/*/listeners/scoped": listener(manager(scoped)),
  "resources/*/scoped-routes/one": scope("one", "blue"),
  "resources/*/scoped-routes/two": scope("two", "green"),
  "resources/*/routes/blue": hosts(routeTo(answer("blue"))),
  "resources/*/routes/green": hosts(routeTo(answer("green"))),
};

const layers = {
  layered_runtime: {
    layers: [{ name: "live", rtds_layer: { name: "live", rtds_config: ads } }],
  },
};

describe.each(["delta", "sotw"] as const)("raw resources in a real Envoy, %s", (variant) => {
  let lab: RawLab;
  beforeAll(async () => {
    lab = await startRawLab({ variant, content, bootstrap: layers });
  });
  afterAll(() => lab?.stop());

  const port = (name: string): Promise<number> => lab.envoy.listenerPort(name);

  it("are all sound, and all taken", async () => {
    expect(lab.app.diagnostics()).toEqual([]);
    for (const [name, count] of await lab.envoy.stats(/update_rejected/)) {
      expect([name, count]).toEqual([name, 0]);
    }
  });

  it.each(["tls", "tls-alone"])("SDS: the certificate of %s changes live", async (name) => {
    const at = await port(name);
    await lab.put({ "resources/*/secrets/cert": secretOf("first") });
    await eventually(async () => (await commonName(at)) === "first", { what: "the first" });
    await lab.put({ "resources/*/secrets/cert": secretOf("second") });
    await eventually(async () => (await commonName(at)) === "second", { what: "the second" });
  });

  it("RTDS: a runtime key opens a route", async () => {
    const at = await port("gated");
    expect(await ask(at)).toBe("200 off");
    await lab.put({ "resources/*/runtimes/live": { layer: { gate: 100 } } });
    await eventually(async () => (await ask(at)) === "200 on", { what: "the gate to open" });
    await lab.put({ "resources/*/runtimes/live": { layer: {} } });
    await eventually(async () => (await ask(at)) === "200 off", { what: "the gate to close" });
  });

  it("ECDS: a filter's configuration changes, and the listener stays", async () => {
    const at = await port("extended");
    expect(await ask(at)).toMatch(/^418 /);
    await lab.put({ "resources/*/extension-configs/abort": fault(429) });
    await eventually(async () => (await ask(at)).startsWith("429 "), { what: "the new status" });
    expect(await port("extended")).toBe(at);
  });

  it("SRDS: a scope moves its traffic, and the others stay", async () => {
    const at = await port("scoped");
    const both = async (): Promise<string> =>
      `${await ask(at, { "x-scope": "one" })}, ${await ask(at, { "x-scope": "two" })}`;
    const become = (wanted: string): Promise<unknown> =>
      eventually(async () => (await both()) === wanted, { what: wanted });
    await become("200 blue, 200 green");
    await lab.put({ "resources/*/scoped-routes/one": scope("one", "green") });
    await become("200 green, 200 green");
    await lab.put({ "resources/*/scoped-routes/two": scope("two", "blue") });
    await become("200 green, 200 blue");
    await lab.put({ "resources/*/scoped-routes/two": undefined });
    await become("200 green, 404 ");
    await lab.put({ "resources/*/scoped-routes/two": scope("two", "green") });
    await become("200 green, 200 green");
  });
});

/** `200 body` */
function ask(port: number, headers: Readonly<Record<string, string>> = {}): Promise<string> {
  return new Promise((resolve, reject) => {
    const call = request({ host: "127.0.0.1", port, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.once("end", () =>
        resolve(`${response.statusCode} ${Buffer.concat(chunks).toString()}`),
      );
    });
    call.setTimeout(2_000, () => call.destroy(new Error("no answer in time")));
    call.once("error", reject);
    call.end();
  });
}

/** Of the certificate that is shown at the port. */
function commonName(port: number): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      const { CN } = socket.getPeerCertificate().subject;
      socket.destroy();
      resolve(Array.isArray(CN) ? CN[0] : CN);
    });
    socket.setTimeout(2_000, () => socket.destroy(new Error("no answer in time")));
    socket.once("error", reject);
  });
}
