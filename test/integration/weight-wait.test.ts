/**
 * "`serin weight set web v1=50 v2=50 --wait` returns when and only when every connected proxy has ACKed,
 * and says which has not when it times out": two replicas over a real etcd, a real Envoy at each, and
 * proxies whose ACKs are held back by the test. What comes before what is told by events, not by time.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import { Connection, type DeltaClient, type DeltaResponse, RDS } from "../feature/client.ts";
import { type CliOptions, cli } from "../support/cli.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import { openedParts } from "../support/opened.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { startTcpProxy, type TcpProxy } from "../support/tcp-proxy.ts";
import { eventually } from "../support/wait.ts";

const parts = openedParts();
let etcd: Etcd;
/** The one that the command asks, and the other one. */
let here: Serin;
let there: Serin;
/** Between etcd and the other one. */
let net: TcpProxy;
const held: { readonly connection: Connection; readonly stream: DeltaClient }[] = [];

async function startEdge(server: Serin, nodeId: string): Promise<Envoy> {
  const servers = [{ host: "127.0.0.1", port: server.xdsPort }];
  const bootstrap = envoyBootstrap({ nodeId, cluster: "edge", mode: "delta", servers });
  const envoy = parts.opened(await startEnvoy({ bootstrap }), (part) => part.stop());
  await envoy.ready();
  return envoy;
}

beforeAll(async () => {
  etcd = parts.opened(await startEtcd(), (part) => part.stop());
  const put = (key: string, value: object) => etcd.put(`/serin/${key}`, JSON.stringify(value));
  await put("endpoints/web/a", { address: "127.0.0.1:8081", version: "v1" });
  await put("endpoints/web/b", { address: "127.0.0.1:8082", version: "v2" });
  const store = `etcd://${etcd.endpoint}`;
  here = parts.opened(await startSerin({ store }), (part) => part.stop());
  net = parts.opened(await startTcpProxy(etcd.endpoint), (part) => part.close());
  const beyond = `etcd://${net.endpoint}`;
  there = parts.opened(await startSerin({ store: beyond }), (part) => part.stop());
  await startEdge(here, "edge-1");
  await startEdge(there, "edge-2");
});

afterEach(async () => {
  for (const { stream, connection } of held.splice(0)) {
    stream.cancel();
    connection.close();
  }
  await eventually(
    async () => {
      const running = [here, there].filter((server) => server.running);
      const proxies = await Promise.all(running.map((server) => server.proxies()));
      return proxies.flat().length === running.length;
    },
    { what: "only the Envoys to be there" },
  );
});

afterAll(() => parts.stop());

/** A proxy that has ACKed what there was, and from now on says nothing by itself. */
async function holdBack(server: Serin, id: string): Promise<DeltaClient> {
  const connection = new Connection(server.xdsPort);
  const stream = connection.delta(id);
  held.push({ connection, stream });
  await stream.fetch(RDS, ["default/http"]);
  await eventually(
    async () => (await server.proxies()).some(({ node, types }) => node === id && isSynced(types)),
    { what: `${id} to be known` },
  );
  return stream;
}

const isSynced = (types: readonly { readonly status: string }[]): boolean =>
  types.every(({ status }) => status === "SYNCED");

let turn = 0;

interface Waiting {
  readonly done: Promise<{ readonly code: number; readonly out: string; readonly err: string }>;
  readonly events: readonly string[];
  event(what: string): void;
}

/** Other weights each time: what does not change is not sent. */
function setWeights(more: readonly string[] = [], options: CliOptions = {}): Waiting {
  turn += 1;
  const events: string[] = [];
  const split = [`v1=${turn}`, `v2=${100 - turn}`];
  const admin = `http://127.0.0.1:${here.adminPort}`;
  const argv = ["weight", "set", "web", ...split, "--wait", "--admin", admin, ...more];
  const done = cli(argv, options).finally(() => events.push("returned"));
  return { done, events, event: (what) => events.push(what) };
}

interface Failure {
  readonly proxies: number;
  readonly accepted: number;
  readonly behind: readonly {
    readonly node: string;
    readonly type: string | null;
    readonly status: string;
  }[];
}

/** Resolves when nothing is missing but the ACK of `node`, as the server itself says. */
async function onlyMissing(
  node: string,
  type: string | null,
  status = "PENDING",
): Promise<Failure> {
  const { modRevision } = (await etcd.get("/serin/weights/web")) ?? { modRevision: 0 };
  const url = `http://127.0.0.1:${here.adminPort}/v1/wait?revision=${modRevision}&timeoutMs=0`;
  return eventually(
    async () => {
      const failure = (await (await fetch(url)).json()) as Partial<Failure>;
      const [one, ...others] = failure.behind ?? [];
      const isIt = others.length === 0 && one?.node === node && one.type === type;
      return isIt && one.status === status && (failure as Failure);
    },
    { what: `only ${node} to be missing`, timeoutMs: 20_000 },
  );
}

const split = (stream: DeltaClient): Promise<DeltaResponse> => stream.response(RDS);

describe("weight set --wait, with two replicas, two Envoys and proxies that are held back", () => {
  it("returns once the last ACK has come, and not before, from a proxy of its own replica", async () => {
    const slow = await holdBack(here, "slow-1");
    const waiting = setWeights(["--timeout", "60s"]);
    const response = await split(slow);
    expect(await onlyMissing("slow-1", "RDS")).toMatchObject({ proxies: 3, accepted: 2 });
    expect(waiting.events).toEqual([]);
    waiting.event("the last ACK");
    slow.ack(response);
    const { code, out, err } = await waiting.done;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/\naccepted by 3 proxies of 2 replicas in \d+ ms\n$/);
    expect(waiting.events).toEqual(["the last ACK", "returned"]);
  });

  it("returns once the last ACK has come, and not before, from a proxy of another replica", async () => {
    const slow = await holdBack(there, "slow-2");
    const lines: string[] = [];
    const errTerminal = { size: () => ({ columns: 200, rows: 24 }) };
    const onErr = (text: string) => lines.push(text);
    const waiting = setWeights(["--timeout", "60s"], { errTerminal, onErr });
    const response = await split(slow);
    await onlyMissing("slow-2", "RDS");
    const progress = "accepted by 2 of 3 proxies; waiting for slow-2 (RDS)";
    await eventually(() => lines.some((line) => line.includes(progress)), { what: "progress" });
    expect(waiting.events).toEqual([]);
    waiting.event("the last ACK");
    slow.ack(response);
    expect(await waiting.done).toMatchObject({ code: 0 });
    expect(waiting.events).toEqual(["the last ACK", "returned"]);
    // The line goes before anything else is said.
    expect(lines.at(-1)).toBe("\r\u001b[K");
  });

  it.each(["here", "there"])("ends with 3, and names who has not, %s", async (where) => {
    const id = `silent-${where}`;
    await holdBack(where === "here" ? here : there, id);
    const waiting = setWeights(["--timeout", "3s"]);
    await onlyMissing(id, "RDS");
    const { code, err, out } = await waiting.done;
    expect(code).toBe(3);
    expect(out).not.toContain("accepted by");
    const [head, ...named] = err.trimEnd().split("\n");
    expect(head).toMatch(/^serin: not every proxy has accepted revision \d+ within \d+ ms$/);
    expect(named).toHaveLength(2);
    expect(named[0]).toBe("  accepted by 2 of 3 proxies; these have not:");
    expect(named[1]).toMatch(new RegExp(`^  ${id} \\(127\\.0\\.0\\.1:\\d+[^)]*\\) RDS PENDING$`));
  });

  it.each(["here", "there"])(
    "ends with 1 where one rejects it, in its words, %s",
    async (where) => {
      const id = `picky-${where}`;
      const picky = await holdBack(where === "here" ? here : there, id);
      const waiting = setWeights(["--timeout", "60s"]);
      picky.nack(await split(picky), "no such weight");
      const { code, err } = await waiting.done;
      expect(code).toBe(1);
      expect(err).toMatch(new RegExp(`\n  ${id} \\([^)]*\\) RDS NACKED: no such weight\n$`));
      expect(err).not.toContain("edge-");
      // The same once more changes nothing, and nobody has accepted it since.
      const { value = "" } = (await etcd.get("/serin/weights/web")) ?? {};
      const weights = Object.entries(JSON.parse(value) as Record<string, number>);
      const same = weights.map(([version, weight]) => `${version}=${weight}`);
      const admin = ["--admin", `http://127.0.0.1:${here.adminPort}`];
      const again = await cli(["weight", "set", "web", ...same, "--wait", ...admin]);
      expect(again.code).toBe(1);
      expect(again.err).toContain(`${id} (`);
    },
  );

  it.each(["here", "there"])("waits no longer for a proxy that goes, %s", async (where) => {
    const going = await holdBack(where === "here" ? here : there, `going-${where}`);
    const waiting = setWeights(["--timeout", "60s"]);
    await split(going);
    await onlyMissing(`going-${where}`, "RDS");
    expect(waiting.events).toEqual([]);
    waiting.event("it goes");
    going.cancel();
    const { code, out } = await waiting.done;
    expect(code).toBe(0);
    expect(out).toContain("accepted by 2 proxies of 2 replicas");
    expect(waiting.events).toEqual(["it goes", "returned"]);
  });

  it("says that nobody knows, where what was written is not the store of the server", async () => {
    const other = await startEtcd();
    try {
      const store = `etcd://${other.endpoint}`;
      const flags = ["--store", store, "--admin", `http://127.0.0.1:${here.adminPort}`];
      const argv = ["weight", "set", "web", "v1=1", "v2=9", "--force", "--wait", "-o", "json"];
      const { code, out, err } = await cli([...argv, ...flags]);
      expect(code).toBe(1);
      expect(err).toContain("the server reads another store than --store");
      expect(JSON.parse(out)).toMatchObject({ wait: { outcome: "unknown" } });
      await other.put("/serin/endpoints/web/a", '{"address":"127.0.0.1:1"}');
      const removed = await cli(["delete", "weights/web", "--wait", ...flags]);
      expect(removed.code).toBe(1);
      expect(removed.err).toContain("endpoints/web/a has revision 3 in the store");
    } finally {
      await other.stop();
    }
  });

  it("answers at once, when it is asked how far they are now", async () => {
    expect((await setWeights(["--timeout", "60s"]).done).code).toBe(0);
    const { modRevision } = (await etcd.get("/serin/weights/web")) ?? { modRevision: 0 };
    for (let turn = 0; turn < 5; turn += 1) {
      const answer = await here.api(`/v1/wait?revision=${modRevision}&timeoutMs=0`);
      expect(answer).toMatchObject({ proxies: 2, replicas: 2, standing: [] });
    }
  });

  it("counts proxies of all replicas for --min-proxies", async () => {
    expect(await setWeights(["--min-proxies", "2", "--timeout", "20s"]).done).toMatchObject({
      code: 0,
    });
    const three = await setWeights(["--min-proxies", "3", "--timeout", "1s"]).done;
    expect(three.code).toBe(3);
    expect(three.err).toContain("only 2 of 3 proxies connected");
  });

  it("says so where a replica is cut off from etcd, until it is back", async () => {
    net.refuse(true);
    net.cut();
    // Its lease ends after 10 s, and its proxies run what they have.
    await onlyMissing("all its proxies", null, "UNKNOWN");
    const { code, out, err } = await setWeights(["--timeout", "2s"]).done;
    expect({ code, out }).toEqual({ code: 3, out: expect.not.stringContaining("accepted by") });
    const named =
      /^serin: replica (\S+) is not heard of any more, and has not said what its proxies/;
    const [, name = "nobody"] = named.exec(err) ?? [];
    expect(err).toMatch(named);
    expect(err).toMatch(/\n {2}accepted by 1 of 1 proxy; these have not:\n/);
    const line =
      / {2}all its proxies \(-, at \S+\) - UNKNOWN: the replica is not heard of for \d+ s/;
    expect(err).toMatch(line);
    expect(err).toContain(`at ${name})`);
    expect((await there.proxies()).map(({ node }) => node)).toEqual(["edge-2"]);

    const waiting = setWeights(["--timeout", "60s"]);
    await onlyMissing("all its proxies", null, "UNKNOWN");
    expect(waiting.events).toEqual([]);
    waiting.event("it is back");
    net.refuse(false);
    const late = await waiting.done;
    expect(late.code).toBe(0);
    expect(late.out).toMatch(/\naccepted by 2 proxies of 2 replicas in \d+ ms\n$/);
    expect(waiting.events).toEqual(["it is back", "returned"]);
  });

  it("waits for a replica that has crashed, until another one has its port", async () => {
    await there.kill();
    const soon = await setWeights(["--timeout", "1s"]).done;
    expect(soon.code).toBe(3);
    expect(soon.err).toMatch(/\n {2}all its proxies \(-, at [^)]+\) - PENDING\n$/);
    await onlyMissing("all its proxies", null, "UNKNOWN");
    const waiting = setWeights(["--timeout", "60s", "--min-proxies", "2"]);
    expect(waiting.events).toEqual([]);
    waiting.event("another one comes");
    const { xdsPort, adminPort } = there;
    const store = `etcd://${net.endpoint}`;
    const next = await startSerin({ store, ports: { xdsPort, adminPort } });
    there = parts.opened(next, (part) => part.stop());
    const late = await waiting.done;
    expect(late.code).toBe(0);
    expect(late.out).toMatch(/\naccepted by 2 proxies of 2 replicas in \d+ ms\n$/);
    expect(waiting.events).toEqual(["another one comes", "returned"]);
  });

  it("waits no longer for a replica that has left in an orderly way", async () => {
    await there.stop();
    const { code, out } = await setWeights(["--timeout", "60s"]).done;
    expect(code).toBe(0);
    // Its Envoy may have come back to nobody: this replica alone was asked.
    expect(out).toMatch(/\naccepted by 1 proxy in \d+ ms\n$/);
  });
});
