import { execFileSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { request } from "node:http";
import { join } from "node:path";
import { connect } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Backend, startBackend } from "../../src/dev/backend.ts";
import { type TypeUrl, typeUrls } from "../../src/snapshot/type-url.ts";
import { freePorts } from "../support/ports.ts";
import { type RawContent, type RawLab, startRawLab } from "../support/raw-lab.ts";
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

/** The services of one type each, not the aggregated one. */
const alone = (api_type: "GRPC" | "DELTA_GRPC"): object => ({
  resource_api_version: "V3",
  api_config_source: {
    api_type,
    transport_api_version: "V3",
    grpc_services: [{ envoy_grpc: { cluster_name: "serin" } }],
  },
});

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

const scoped = (source: object): object => ({
  scoped_routes: {
    name: "scopes",
    scope_key_builder: {
      fragments: [{ header_value_extractor: { name: "x-scope", index: 0 } }],
    },
    rds_config_source: source,
    scoped_rds: { scoped_rds_config_source: source },
  },
});
const scope = (key: string, route_configuration_name: string): object => ({
  route_configuration_name,
  key: { fragments: [{ string_key: key }] },
});

const contentOf = (source: object): RawContent => ({
  "resources/*/secrets/cert": secretOf("first"),
  "resources/*/listeners/tls": listener(
    manager({ route_config: hosts(routeTo(answer("secure"))) }),
    tlsFrom(source),
  ),
  "resources/*/runtimes/live": { layer: { gate: 0 } },
  "resources/*/listeners/gated": listener(manager({ route_config: gated })),
  "resources/*/extension-configs/abort": fault(418),
  "resources/*/listeners/extended": listener(
    manager({ route_config: hosts(routeTo(answer("through"))) }, [
      {
        name: "abort",
        config_discovery: {
          config_source: source,
          type_urls: [`${extensions}.filters.http.fault.v3.HTTPFault`],
        },
      },
    ]),
  ),
  "resources/*/listeners/scoped": listener(manager(scoped(source))),
  "resources/*/scoped-routes/one": scope("one", "blue"),
  "resources/*/scoped-routes/two": scope("two", "green"),
  "resources/*/routes/blue": hosts(routeTo(answer("blue"))),
  "resources/*/routes/green": hosts(routeTo(answer("green"))),
});

const layersFrom = (rtds_config: object): object => ({
  layered_runtime: {
    layers: [{ name: "live", rtds_layer: { name: "live", rtds_config } }],
  },
});

const sources = [
  { how: "ADS, delta", variant: "delta", source: ads },
  { how: "ADS, state of the world", variant: "sotw", source: ads },
  { how: "a service for each, delta", variant: "delta", source: alone("DELTA_GRPC") },
  { how: "a service for each, state of the world", variant: "sotw", source: alone("GRPC") },
] as const;

describe.each(sources)("raw resources in a real Envoy by $how", ({ variant, source }) => {
  let lab: RawLab;
  beforeAll(async () => {
    const bootstrap = layersFrom(source);
    lab = await startRawLab({ variant, content: contentOf(source), bootstrap });
  });
  afterAll(() => lab?.stop());

  const port = (name: string): Promise<number> => lab.envoy.listenerPort(name);

  it("are all sound, and all taken", async () => {
    expect(lab.app.diagnostics()).toEqual([]);
    for (const [name, count] of await lab.envoy.stats(/update_rejected/)) {
      expect([name, count]).toEqual([name, 0]);
    }
  });

  it("SDS: the certificate of a listener changes live", async () => {
    const at = await port("tls");
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

describe("virtual hosts on demand", () => {
  const hostOf = (domain: string): object => ({
    domains: [domain],
    routes: [routeTo(answer(domain))],
  });
  const onDemand = {
    name: "on_demand",
    typed_config: { "@type": `${extensions}.filters.http.on_demand.v3.OnDemand` },
  };

  it("VHDS: a new one is served, and the others stay", async () => {
    const lab = await startRawLab({
      variant: "delta",
      content: {
        "resources/*/listeners/l": listener(
          manager({ rds: { config_source: ads, route_config_name: "r" } }, [onDemand]),
        ),
        "resources/*/routes/r": { vhds: { config_source: alone("DELTA_GRPC") } },
        "resources/*/virtual-hosts/r/a.example": hostOf("a.example"),
      },
    });
    try {
      expect(lab.app.diagnostics()).toEqual([]);
      const at = await lab.envoy.listenerPort("l");
      expect(await ask(at, { host: "a.example" })).toBe("200 a.example");
      await lab.put({ "resources/*/virtual-hosts/r/b.example": hostOf("b.example") });
      await eventually(async () => (await ask(at, { host: "b.example" })) === "200 b.example", {
        what: "the new host",
      });
      expect(await ask(at, { host: "a.example" })).toBe("200 a.example");
    } finally {
      await lab.stop();
    }
  });
});

describe("a raw listener on the socket of another", () => {
  it("is refused before Envoy would, and takes nobody's traffic", async () => {
    const [taken, free] = await freePorts(2);
    const at = (port_value: number | undefined): object => ({
      ...listener(manager({ route_config: hosts(routeTo(answer("raw"))) })),
      address: { socket_address: { address: "127.0.0.1", port_value } },
    });
    const lab = await startRawLab({
      variant: "delta",
      content: {
        "gateways/edge": { listeners: [{ name: "http", address: "127.0.0.1", port: taken }] },
        "resources/edge/listeners/clash": at(taken),
        "resources/edge/listeners/first": at(free),
        "resources/edge/listeners/second": at(free),
      },
    });
    try {
      expect(lab.app.diagnostics().map(({ code, key }) => `${code} ${key}`)).toEqual([
        "LISTENER_CLASH resources/edge/listeners/clash",
        "LISTENER_CLASH resources/edge/listeners/second",
      ]);
      expect((await lab.envoy.listeners()).toSorted()).toEqual(["edge/http", "first"]);
      expect(await lab.envoy.stats("listener_manager.lds.update_rejected")).toEqual(
        new Map([["listener_manager.lds.update_rejected", 0]]),
      );
      expect(await ask(free ?? 0)).toBe("200 raw");
    } finally {
      await lab.stop();
    }
  });
});

const own = (versions: object, resources: Readonly<Record<string, object>>): object => ({
  versions,
  resources: Object.entries(resources).map(([place, resource]) => {
    const [type, name] = place.split(" ");
    return { type, resource: { [type === "eds" ? "cluster_name" : "name"]: name, ...resource } };
  }),
});

const clusterOf = (connect_timeout: string): object => ({
  type: "EDS",
  connect_timeout,
  eds_cluster_config: { eds_config: ads },
});
const assignmentTo = (port_value: number): object => {
  const address = { socket_address: { address: "127.0.0.1", port_value } };
  return { endpoints: [{ lb_endpoints: [{ endpoint: { address } }] }] };
};
const byRds = manager({ rds: { config_source: ads, route_config_name: "routes" } });

const versions = { cds: "c1", eds: "e1", lds: "l1", rds: "r1" };
const snapshotOf = (port: number): Readonly<Record<string, object>> => ({
  "cds web": clusterOf("1s"),
  "eds web": assignmentTo(port),
  "lds front": listener(byRds),
  "rds routes": hosts(routeTo({ route: { cluster: "web" } })),
});

describe.each(["delta", "sotw"] as const)("a node with a snapshot of its own, %s", (variant) => {
  let lab: RawLab;
  let backend: Backend;
  beforeAll(async () => {
    backend = await startBackend({ version: "v1" });
    lab = await startRawLab({
      variant,
      content: {
        "resources/*/clusters/common": { type: "STATIC", connect_timeout: "1s" },
        "snapshots/edge-1": own(versions, snapshotOf(backend.port)),
      },
    });
  });
  afterAll(async () => {
    await lab?.stop();
    await backend?.close();
  });

  const become = (wanted: object): Promise<unknown> =>
    eventually(async () => expect(await versionsIn(lab)).toEqual(wanted) ?? true, {
      what: JSON.stringify(wanted),
    });

  it("has exactly that, under the user's versions", async () => {
    expect(lab.app.diagnostics()).toEqual([]);
    await become({ "cds web": "c1", "lds front": "l1", "rds routes": "r1" });
    expect(await ask(await lab.envoy.listenerPort("front"))).toContain('"version":"v1"');
  });

  it("takes a change of the content under the same version", async () => {
    const changed = { ...snapshotOf(backend.port), "cds web": clusterOf("2s") };
    await lab.put({ "snapshots/edge-1": own(versions, changed) });
    await eventually(async () => (await dumped(lab)).includes('"connect_timeout":"2s"'), {
      what: "the new timeout",
    });
    expect(await ask(await lab.envoy.listenerPort("front"))).toContain('"version":"v1"');
  });

  it("takes a change of the version alone", async () => {
    const next = { ...versions, rds: "r2", eds: "e2" };
    await lab.put({
      "snapshots/edge-1": own(next, { ...snapshotOf(backend.port), "cds web": clusterOf("2s") }),
    });
    // Envoy goes by the content: its dump keeps the version that the content came with.
    await eventually(() => ackedBy(lab, typeUrls.route).includes("r2"), { what: "r2" });
    await eventually(() => ackedBy(lab, typeUrls.endpoint).includes("e2"), { what: "e2" });
  });

  it("keeps its last good snapshot whole where one resource is wrong", async () => {
    const before = await versionsIn(lab);
    const wrong = {
      ...snapshotOf(backend.port),
      "rds routes": hosts(routeTo({ route: { cluster: "web", timeout: "3s" } })),
      "cds bad": { connect_timeout: "soon" },
    };
    await lab.put({ "snapshots/edge-1": own({ ...versions, rds: "r3" }, wrong) });
    expect(lab.app.diagnostics()).toMatchObject([
      {
        code: "RESOURCE_INVALID",
        key: "snapshots/edge-1",
        path: "resources[4].resource.connect_timeout",
        message: expect.stringMatching(/; revision \d+ stays in force$/),
      },
    ]);
    expect(await versionsIn(lab)).toEqual(before);
    const right = { ...wrong, "cds bad": { connect_timeout: "1s" } };
    await lab.put({ "snapshots/edge-1": own({ ...versions, rds: "r3" }, right) });
    await become({ ...before, "cds bad": "c1", "rds routes": "r3" });
  });

  it("gets what all get when the snapshot goes, and comes back to it", async () => {
    await lab.put({ "snapshots/edge-1": undefined });
    await eventually(async () => (await dumped(lab)).includes('"common"'), { what: "the common" });
    expect(await lab.envoy.listeners()).toEqual([]);
    await lab.put({ "snapshots/edge-1": own(versions, snapshotOf(backend.port)) });
    await become({ "cds web": "c1", "lds front": "l1", "rds routes": "r1" });
    expect(await ask(await lab.envoy.listenerPort("front"))).toContain('"version":"v1"');
  });
});

const dumped = async ({ envoy }: RawLab): Promise<string> =>
  JSON.stringify(await envoy.configDump());

interface Dumped {
  readonly version_info?: string;
  readonly name?: string;
  readonly active_state?: { readonly version_info: string };
  readonly cluster?: { readonly name: string };
  readonly route_config?: { readonly name: string };
}

/** The version of a type that Envoy ACKed last. */
const ackedBy = ({ app }: RawLab, typeUrl: TypeUrl): readonly (string | undefined)[] =>
  [...app.hub.streams].map(({ types }) => types.get(typeUrl)?.accepted?.version);

/**
 * Versions that Envoy has in force, by type and name; what the bootstrap brought is left out. Those of
 * load assignments Envoy does not tell.
 */
async function versionsIn({ envoy }: RawLab): Promise<Readonly<Record<string, string>>> {
  const found: Record<string, string> = {};
  const note = (place: string, version: string | undefined): void => {
    if (version !== undefined && version !== "") found[place] = version;
  };
  for (const config of (await envoy.configDump()).configs) {
    const list = (field: string): readonly Dumped[] =>
      (config[field] as readonly Dumped[] | undefined) ?? [];
    for (const one of list("dynamic_active_clusters")) {
      note(`cds ${one.cluster?.name}`, one.version_info);
    }
    for (const one of list("dynamic_listeners")) {
      note(`lds ${one.name}`, one.active_state?.version_info);
    }
    for (const one of list("dynamic_route_configs")) {
      note(`rds ${one.route_config?.name}`, one.version_info);
    }
  }
  return found;
}

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
