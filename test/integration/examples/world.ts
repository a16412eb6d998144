/** Real etcd, the product as built and real Envoys; one example after another is put into them. */
import { readdirSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { envoyBootstrap } from "../../../src/cli/bootstrap-template.ts";
import { type Envoy, startEnvoy } from "../../support/envoy.ts";
import { startEtcd } from "../../support/etcd.ts";
import { type EtcdHttp, etcdHttp } from "../../support/etcd-http.ts";
import { freePort } from "../../support/ports.ts";
import { type Serin, startSerin } from "../../support/serin.ts";
import { eventually } from "../../support/wait.ts";
import { type ExampleBackend, startExampleBackend } from "./backend.ts";
import { type Claim, plainBackend } from "./claim.ts";

export interface World {
  /** Puts an example in place of the one before, and waits until every proxy has applied it. */
  show(example: string, claim: Claim): Promise<Shown>;
  stop(): Promise<void>;
}

/** An example in force. */
export interface Shown {
  /** Where a port of the objects really is. */
  portOf(port: number): number;
  backend(port: number | string): ExampleBackend;
  /** Certificate of a secret, PEM. */
  certificate(secret: string): string;
  /** Both wait until it is applied. */
  put(objects: Readonly<Record<string, unknown>>): Promise<void>;
  remove(key: string): Promise<void>;
  close(): Promise<void>;
}

const prefix = "/serin/";

export async function startWorld(): Promise<World> {
  const closers: (() => Promise<unknown>)[] = [];
  const stop = async (): Promise<void> => {
    for (const close of closers.toReversed()) await close();
  };
  try {
    const etcd = await startEtcd();
    closers.push(() => etcd.stop());
    // An example with no endpoints comes after others that have some.
    const serin = await startSerin({
      store: `etcd://${etcd.endpoint}`,
      args: ["--allow-empty"],
    });
    closers.push(() => serin.stop());
    const edge = await startProxy(serin, { node: "edge-1", cluster: "edge" });
    closers.push(() => edge.stop());
    const store = etcdHttp(etcd.endpoint);
    return { show: (example, claim) => show({ serin, store }, example, claim), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startProxy(
  serin: Serin,
  { node, cluster }: Claim["proxies"][number],
): Promise<Envoy> {
  const servers = [{ host: "127.0.0.1", port: serin.xdsPort }];
  const bootstrap = envoyBootstrap({ nodeId: node, cluster, mode: "delta", servers });
  const envoy = await startEnvoy({ bootstrap });
  await envoy.ready();
  return envoy;
}

interface Servers {
  readonly serin: Serin;
  readonly store: EtcdHttp;
}

async function show({ serin, store }: Servers, example: string, claim: Claim): Promise<Shown> {
  const closers: (() => Promise<unknown>)[] = [];
  const close = async (): Promise<void> => {
    for (const end of closers.toReversed()) await end();
  };
  const ports = new Map<number, number>();
  const portOf = (port: number): number => ports.get(port) ?? port;
  const texts = readObjects(join("examples", example));
  const write = async (writes: readonly (readonly [string, string | undefined])[]) => {
    const moved = writes.map(
      ([key, text]) => [prefix + key, text && movePorts(text, ports)] as const,
    );
    await serin.applied(await store.txn(moved));
  };
  try {
    const backends = await startBackends(texts, claim, portOf, closers);
    for (const [port, { port: real }] of backends) ports.set(port, real);
    for (const port of portsIn([...texts.values()])) {
      if (!ports.has(port)) ports.set(port, await freePort());
    }
    // The built-in gateway, for examples without one of their own.
    if (![...texts.keys()].some(isGateway)) ports.set(10_000, serin.gatewayPort);
    const old = (await store.range(prefix)).map(({ key }) => key.slice(prefix.length));
    await write([
      ...old.filter((key) => !texts.has(key)).map((key) => [key, undefined] as const),
      ...texts,
    ]);
    for (const proxy of claim.proxies) {
      const envoy = await startProxy(serin, proxy);
      closers.push(() => envoy.stop());
    }
    for (const port of portsAsked(claim)) await listens(portOf(port));
    await expectNoErrors(serin);
    return {
      portOf,
      backend: (port) => {
        const backend = backends.get(Number(port));
        if (backend === undefined) throw new Error(`no backend at ${port}`);
        return backend;
      },
      certificate: (secret) => {
        const { certificate } = parse(texts.get(`secrets/${secret}`) ?? "{}");
        return String(certificate);
      },
      put: (objects) =>
        write(Object.entries(objects).map(([key, value]) => [key, textOf(value)] as const)),
      remove: (key) => write([[key, undefined]]),
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}

const textOf = (value: unknown): string => (typeof value === "string" ? value : stringify(value));

const isGateway = (key: string): boolean => key.startsWith("gateways/");

/** Texts by key. */
function readObjects(folder: string): ReadonlyMap<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true });
  return new Map(
    files
      .filter((file) => file.isFile() && file.name.endsWith(".yaml"))
      .map((file): readonly [string, string] => {
        const path = join(file.parentPath, file.name);
        const key = path.slice(folder.length + 1, -".yaml".length);
        return [key, readFileSync(path, "utf8")];
      })
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

interface EndpointText {
  readonly address: string;
  readonly version?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

async function startBackends(
  texts: ReadonlyMap<string, string>,
  claim: Claim,
  portOf: (port: number) => number,
  closers: (() => Promise<unknown>)[],
): Promise<ReadonlyMap<number, ExampleBackend>> {
  const wanted = new Map<number, { readonly version: string; readonly instance: string }>();
  for (const [key, text] of texts) {
    const [kind, , id = ""] = key.split("/");
    if (kind !== "endpoints") continue;
    const value = parse(text);
    const { address, version, labels } = (value.spec ?? value) as EndpointText;
    const own = version ?? labels?.["version"] ?? id;
    wanted.set(Number(address.split(":")[1]), { version: own, instance: id });
  }
  for (const [port, { version = "", instance = "" }] of Object.entries(claim.backends)) {
    const known = wanted.get(Number(port)) ?? { version, instance };
    wanted.set(Number(port), {
      version: version === "" ? known.version : version,
      instance: instance === "" ? known.instance : instance,
    });
  }
  const backends = new Map<number, ExampleBackend>();
  for (const [port, identity] of wanted) {
    const own = claim.backends[port] ?? plainBackend;
    const backend = await startExampleBackend(own, identity, portOf);
    closers.push(() => backend.close());
    backends.set(port, backend);
  }
  return backends;
}

const portPattern = /(?<=127\.0\.0\.1:|\bport_?[vV]alue: |\bport: )\d+/g;

const movePorts = (text: string, ports: ReadonlyMap<number, number>): string =>
  text.replace(portPattern, (port) => String(ports.get(Number(port)) ?? port));

const portsIn = (texts: readonly string[]): ReadonlySet<number> =>
  new Set(texts.flatMap((text) => text.match(portPattern) ?? []).map(Number));

function portsAsked({ steps, backends }: Claim): ReadonlySet<number> {
  const asked = steps.flatMap((step) => {
    if ("ask" in step) return [step.ask.at];
    return "until" in step ? [step.until.at] : [];
  });
  const relayed = Object.values(backends).flatMap(({ relay }) => relay?.at ?? []);
  return new Set([...asked, ...relayed]);
}

/** An acknowledged listener opens its socket a moment later. */
const listens = (port: number): Promise<true> =>
  eventually(
    () =>
      new Promise<true>((resolve, reject) => {
        const socket = connect(port, "127.0.0.1");
        socket.once("error", reject);
        socket.once("connect", () => {
          socket.destroy();
          resolve(true);
        });
      }),
    { what: `a listener at ${port}` },
  );

interface DiagnosticsReport {
  readonly severity: string;
}

async function expectNoErrors(serin: Serin): Promise<void> {
  const all = await serin.api<readonly DiagnosticsReport[]>("/v1/diagnostics");
  const errors = all.filter(({ severity }) => severity === "error");
  if (errors.length > 0) throw new Error(`serin complains: ${JSON.stringify(errors)}`);
}
