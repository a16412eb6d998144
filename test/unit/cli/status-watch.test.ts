import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, it } from "vitest";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import { type AdminLab, adminLab } from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { freePort } from "../../support/ports.ts";
import { eventually } from "../../support/wait.ts";

let open: AdminLab[] = [];
let servers: Server[] = [];

afterEach(async () => {
  for (const server of servers) server.close().closeAllConnections();
  servers = [];
  await Promise.all(open.map((lab) => lab.close()));
  open = [];
});

async function start(): Promise<AdminLab> {
  const lab = await adminLab();
  open.push(lab);
  await lab.app.started;
  return lab;
}

interface Problem {
  readonly type: string;
  readonly status: number;
  readonly detail: string;
}

/** An address that passes requests on to `url`, but for those that `refuse` has a problem for. */
async function passedOn(
  url: string,
  refuse: (path: string) => Problem | undefined,
): Promise<string> {
  const server = createServer((asked, answer) => {
    const problem = refuse(asked.url ?? "");
    if (problem !== undefined) {
      answer.writeHead(problem.status, { "content-type": "application/problem+json" });
      return void answer.end(JSON.stringify(problem));
    }
    const on = request(new URL(asked.url ?? "", url), { headers: asked.headers }, (told) => {
      answer.writeHead(told.statusCode ?? 500, told.headers);
      told.pipe(answer);
      told.on("error", () => answer.destroy());
    });
    on.on("error", () => answer.destroy());
    answer.on("close", () => on.destroy());
    on.end();
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** The command, what it has said so far, and what ends it. */
function watch(url: string, more: readonly string[] = [], terminal = false) {
  const stop = new AbortController();
  const said: string[] = [];
  const outTerminal = { size: () => ({ columns: 60, rows: 6 }) };
  const options = {
    stop: stop.signal,
    onOut: (text: string) => void said.push(text),
    onErr: (text: string) => void said.push(text),
    ...(terminal && { outTerminal }),
  };
  const done = cli(["status", "--watch", "--admin", url, ...more], options);
  const until = (what: string) =>
    eventually(() => said.join("").includes(what), { what: `"${what}"` });
  return { done, said, until, stop: () => stop.abort() };
}

describe("status --watch", () => {
  it("adds a line for each change, and ends with 0", async () => {
    const { app, url } = await start();
    const watching = watch(url);
    const proxy = connectProxy(app.hub, { id: "edge-1", peer: "10.0.0.9:1" });
    proxy.subscribe(typeUrls.cluster);
    await watching.until("Z edge-1 (10.0.0.9:1) CDS PENDING ");
    proxy.ack(typeUrls.cluster);
    await watching.until("Z edge-1 (10.0.0.9:1) CDS SYNCED ");
    proxy.close();
    await watching.until("Z edge-1 (10.0.0.9:1) gone\n");
    watching.stop();
    const { code, err, out } = await watching.done;
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).not.toContain("\u001b");
  });

  it("says what a proxy rejects, in a line or a document", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    proxy.nack(typeUrls.cluster, "bad\ncluster");
    const lines = watch(url);
    await lines.until(": bad cluster\n");
    const json = watch(url, ["-o", "json"]);
    await json.until('"status":"NACKED"');
    const yaml = watch(url, ["-o", "yaml"]);
    await yaml.until("status: NACKED");
    for (const each of [lines, json, yaml]) each.stop();
    const { out } = await json.done;
    expect(
      out
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line)[0].node),
    ).toEqual(["edge-1"]);
    expect((await yaml.done).out).toMatch(/^---\n- node: edge-1\n/);
    await lines.done;
  });

  it("draws the table again in its place at a terminal, no wider and no higher", async () => {
    const { app, url } = await start();
    for (let n = 0; n < 9; n += 1) {
      connectProxy(app.hub, { id: `edge-${n}` }).subscribe(typeUrls.cluster);
    }
    const watching = watch(url, [], true);
    await eventually(() => watching.said.length >= 2, { what: "a second drawing" });
    watching.stop();
    const { code } = await watching.done;
    expect(code).toBe(0);
    const [first = "", second = ""] = watching.said;
    expect(first).toContain("… 7 more lines");
    expect(first.split("\n")).toHaveLength(6);
    expect(second.startsWith("\r\u001b[5A")).toBe(true);
    for (const line of first.split("\n")) {
      expect(line.replaceAll(/\p{Cc}\[\d*[mKJA]/gu, "").length).toBeLessThan(60);
    }
    expect(first).toContain("\u001b[33mPENDING\u001b[0m");
  });

  it("asks when the server says so, and not each second", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    const asked: string[] = [];
    const between = await passedOn(url, (path) => {
      asked.push(path);
      return undefined;
    });
    const looks = (): number => asked.filter((path) => path.startsWith("/v1/proxies")).length;
    const watching = watch(between, [], true);
    await eventually(() => asked.includes("/v1/events"), { what: "the stream" });
    proxy.subscribe(typeUrls.cluster);
    await watching.until("PENDING");
    proxy.ack(typeUrls.cluster);
    await watching.until("SYNCED");
    // Whoever is settled is drawn older each second, without a question.
    const [drawn, known] = [watching.said.length, looks()];
    await eventually(() => watching.said.length >= drawn + 4, { what: "four drawings more" });
    // Two: the last event may have come behind the last question.
    expect(looks() - known).toBeLessThanOrEqual(2);
    watching.stop();
    expect(await watching.done).toMatchObject({ code: 0, err: "" });
  });

  it("looks each second where the stream is refused, and says so once", async () => {
    const { app, url } = await start();
    const detail = "64 streams of events are open, as many as may be";
    const refused = { type: "urn:serin:problem:too-many-streams", status: 429, detail };
    const between = await passedOn(url, (path) => (path === "/v1/events" ? refused : undefined));
    const watching = watch(between);
    await watching.until(`serin: ${detail}; it looks each second\n`);
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.cluster);
    await watching.until("CDS PENDING ");
    proxy.ack(typeUrls.cluster);
    await watching.until("CDS SYNCED ");
    const drawing = watch(between, [], true);
    await drawing.until("until Ctrl-C, each second: 64 streams");
    for (const each of [watching, drawing]) each.stop();
    const { code, err } = await watching.done;
    expect({ code, err }).toEqual({ code: 0, err: `serin: ${detail}; it looks each second\n` });
    expect(await drawing.done).toMatchObject({ code: 0, err: "" });
  });

  it("follows the stream again after it broke", async () => {
    const { app, url } = await start();
    let streams = 0;
    const between = await passedOn(url, (path) => {
      if (path === "/v1/events") streams += 1;
      return undefined;
    });
    const watching = watch(between);
    await eventually(() => streams === 1, { what: "a stream" });
    servers.at(-1)?.closeAllConnections();
    await eventually(() => streams === 2, { what: "another stream", timeoutMs: 15_000 });
    connectProxy(app.hub, { id: "edge-7" }).subscribe(typeUrls.cluster);
    await watching.until("edge-7");
    watching.stop();
    expect(await watching.done).toMatchObject({ code: 0 });
  }, 30_000);

  it("goes on while the server is away, but not where none ever was", async () => {
    const lab = await start();
    const watching = watch(lab.url);
    connectProxy(lab.app.hub, { id: "edge-1" }).subscribe(typeUrls.cluster);
    await watching.until("edge-1");
    await lab.close();
    open = [];
    await watching.until("serin: no answer from ");
    watching.stop();
    expect(await watching.done).toMatchObject({ code: 0 });
    const none = await watch(`http://127.0.0.1:${await freePort()}`).done;
    expect(none.code).toBe(1);
  });
});

describe("colours", () => {
  it("are for terminals, and not where NO_COLOR is set", async () => {
    const { app, url } = await start();
    app.serving(true);
    connectProxy(app.hub, { id: "edge-1" }).ackAll();
    const argv = ["status", "--admin", url];
    const outTerminal = { size: () => ({ columns: 200, rows: 50 }) };
    await eventually(
      async () => (await cli(argv, { outTerminal })).out.includes("\u001b[32mSYNCED\u001b[0m"),
      { what: "a green word" },
    );
    expect((await cli(argv, { outTerminal, env: { NO_COLOR: "1" } })).out).not.toContain("\u001b");
    expect((await cli(argv)).out).not.toContain("\u001b");
    expect((await cli([...argv, "-o", "json"], { outTerminal })).out).not.toContain("\u001b");
    // Columns are as wide as what is seen of them.
    const { out } = await cli(argv, { outTerminal });
    const plain = out.replaceAll(/\p{Cc}\[\d+m/gu, "");
    expect(plain.split("\n")[0]).toMatch(/CDS {2,}LDS$/);
  });
});
