import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { ProxyStatus, TypeStatus } from "../../../src/api/proxies.ts";
import { statusText } from "../../../src/cli/status-text.ts";
import { ageText, plainText } from "../../../src/cli/table.ts";
import { typeUrls } from "../../../src/snapshot/type-url.ts";
import {
  type AdminLab,
  type AdminLabOptions,
  startedLab,
  webObjects,
} from "../../support/admin.ts";
import { cli } from "../../support/cli.ts";
import { connectProxy } from "../../support/fake-proxy.ts";
import { freePort } from "../../support/ports.ts";
import { eventually } from "../../support/wait.ts";

async function start(options: AdminLabOptions = {}): Promise<AdminLab> {
  return startedLab(options);
}

describe("weight", () => {
  it("sets and shows a split through the admin API", async () => {
    const { url } = await start();
    const set = await cli(["weight", "set", "web", "v1=50", "v2=50", "--admin", url]);
    expect(set).toMatchObject({ code: 0, out: "weights/web v1=50 v2=50 at revision 2\n", err: "" });
    const get = await cli(["weight", "get", "web"], { env: { SERIN_ADMIN: url } });
    expect(get.out).toBe("weights/web v1=50 v2=50 at revision 2\n");
    const json = await cli(["weight", "get", "web", "--admin", url, "-o", "json"]);
    expect(JSON.parse(json.out)).toEqual({
      service: "web",
      weights: { v1: 50, v2: 50 },
      revision: 2,
    });
    const none = await cli(["weight", "get", "other", "--admin", url]);
    expect(none.code).toBe(1);
    expect(none.err).toContain("there is no weights/other");
  });

  it("warns of what is mistyped, and fails for it only when asked to", async () => {
    const { url } = await start();
    const typo = await cli(["weight", "set", "web", "v1=90", "v3=10", "--admin", url]);
    expect(typo).toMatchObject({ code: 0, out: "weights/web v1=90 v3=10 at revision 2\n" });
    expect(typo.err).toBe(
      "warning: v3: no instance of web is of subset v3: its weight is ignored\n",
    );
    const strict = await cli(["weight", "set", "web", "v1=90", "v3=1", "--strict", "--admin", url]);
    expect(strict.code).toBe(1);
    const json = await cli(["weight", "set", "web", "v9=1", "v1=1", "--admin", url, "-o", "json"]);
    expect(JSON.parse(json.out).diagnostics).toMatchObject([
      { code: "SPLIT_UNKNOWN_SUBSET", key: "weights/web", path: "v9", revision: 4 },
    ]);
  });

  it("warns of a version that a guard has taken out", async () => {
    const latch = { atMs: 1_700_000_000_000, guard: "http-5xx", evidence: "v2: it failed" };
    const status = { latched: { v2: latch }, retried: {}, operation: "1" };
    const { url } = await start({ objects: { ...webObjects, "status/guards/web": status } });
    const set = await cli(["weight", "set", "web", "v1=90", "v2=10", "--admin", url]);
    expect(set.code).toBe(0);
    expect(set.err).toBe(
      "warning: v2: v2 was taken out by the guard http-5xx: its share goes to v1 until `serin rollout retry web`\n",
    );
  });

  it("refuses a service that is not there, and takes it back where it was forced", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.ackAll();
    const set = ["weight", "set", "wbe", "v1=50", "v2=50", "--admin", url];
    const typo = await cli(set);
    expect(typo).toMatchObject({ code: 1, out: "" });
    expect(typo.err).toBe(
      'serin: there is no service wbe (did you mean "web"?): it has no instance, and no object names it; force (--force) writes it all the same\n',
    );
    const forced = await cli([...set, "--force", "--wait"]);
    expect(forced.code).toBe(0);
    expect(forced.err).toBe(
      "warning: service wbe has no instance: requests for it get 503, whatever its weights\n",
    );
    const unset = ["weight", "unset", "wbe", "--admin", url];
    const { code, out, err } = await cli([...unset, "--wait"]);
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(out).toMatch(/^weights\/wbe removed at revision 3\naccepted by 1 proxy in \d+ ms\n$/);
    const again = await cli(unset);
    expect(again.code).toBe(1);
    expect(again.err).toContain("there is no weights/wbe");
    const json = await cli(["weight", "unset", "web", "--admin", url, "-o", "json"]);
    expect(JSON.parse(json.out)).toEqual({ service: "web", revision: 4 });
  });

  it("says why a value cannot be read, and what is in force", async () => {
    const { app, write, url } = await start();
    const revision = await write("weights/web", { v1: "half" });
    await eventually(() => app.revision() === revision, { what: "the revision" });
    const broken = await cli(["weight", "get", "web", "--admin", url]);
    expect(broken.code).toBe(1);
    expect(broken.err).toMatch(
      /^serin: weights\/web at revision 2 cannot be decoded:\n {2}v1: expected/,
    );
    expect(broken.err).toContain("  in force: v1=90 v2=10, the last good value\n");
    await write("weights/new", { v1: "half" });
    const none = await cli(["weight", "get", "new", "--admin", url]);
    expect(none.err).toContain("  in force: no weights; the instances' own tags decide\n");
  });

  it("waits until the proxies have accepted it", async () => {
    const { app, url } = await start();
    connectProxy(app.hub, { id: "edge-1" }).ackAll();
    const argv = ["weight", "set", "web", "v1=1", "v2=9", "--wait", "--admin", url];
    const { code, out } = await cli(argv);
    expect(code).toBe(0);
    expect(out).toMatch(/^weights\/web v1=1 v2=9 at revision 2\naccepted by 1 proxy in \d+ ms\n$/);
  });

  it("ends with 3 when a proxy does not answer, and names it", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1", peer: "10.0.0.9:1" });
    proxy.subscribe(typeUrls.cluster);
    const argv = ["weight", "set", "web", "v1=1", "v2=9", "--wait", "--timeout", "50ms"];
    const { code, err } = await cli([...argv, "--admin", url]);
    expect(code).toBe(3);
    expect(err).toContain("not every proxy has accepted revision 2");
    expect(err).toContain("  edge-1 (10.0.0.9:1) CDS PENDING\n");
  });

  it("ends with 1 when a proxy rejects it, in the proxy's words", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1" });
    proxy.subscribe(typeUrls.route, ["default/http"]);
    proxy.ack(typeUrls.route);
    const argv = ["weight", "set", "web", "v1=2", "v2=9", "--wait", "--timeout", "10s"];
    const setting = cli([...argv, "--admin", url]);
    await eventually(() => proxy.received(typeUrls.route).length === 2, { what: "the split" });
    proxy.nack(typeUrls.route, "bad \u001b[31mroute\n");
    const { code, err } = await setting;
    expect(code).toBe(1);
    expect(err).toContain("RDS NACKED: bad  [31mroute ");
  });

  it("does not take the blame for what a proxy rejected before", async () => {
    const { app, url } = await start();
    const proxy = connectProxy(app.hub, { id: "edge-1", peer: "10.0.0.9:1" });
    proxy.subscribe(typeUrls.cluster);
    proxy.nack(typeUrls.cluster, "bad cluster");
    const argv = ["weight", "set", "web", "v1=2", "v2=9", "--wait", "--timeout", "10s"];
    const { code, err, out } = await cli([...argv, "--admin", url]);
    expect(code).toBe(0);
    expect(err).toBe(
      "weights/web is in force; still rejected from before:\n" +
        "  edge-1 (10.0.0.9:1) CDS NACKED: bad cluster\n",
    );
    expect(out).toContain("accepted by 1 proxy");
  });

  it("waits for a proxy, and ends with 3 where none is connected", async () => {
    const { url } = await start();
    const argv = ["weight", "set", "web", "v1=2", "v2=9", "--wait", "--timeout", "50ms"];
    const none = await cli([...argv, "--admin", url]);
    expect(none.code).toBe(3);
    expect(none.err).toMatch(/^serin: no proxy is connected: none came within \d+ ms\n$/);
    const fine = await cli([...argv, "--admin", url, "--min-proxies", "0"]);
    expect(fine).toMatchObject({ code: 0, err: "" });
    expect(fine.out).toContain("accepted by 0 proxies");
  });

  it("tells what the server refuses, and that there is no server", async () => {
    const { url } = await start();
    const bad = await cli(["weight", "set", "web", "v1=9999999", "--admin", url]);
    expect(bad.code).toBe(1);
    expect(bad.err).toContain("not valid as weights/web");
    expect(bad.err).toContain("v1: expected a number from 0 to 1000000");
    const gone = `http://127.0.0.1:${await freePort()}`;
    const none = await cli(["weight", "set", "web", "v1=1", "--admin", gone]);
    expect(none.code).toBe(1);
    expect(none.err).toMatch(/^serin: no answer from http:\/\/127\.0\.0\.1:\d+: .*ECONNREFUSED/);
  });

  it("writes straight to a store", async () => {
    const folder = mkdtempSync(join(tmpdir(), "serin-cli-"));
    try {
      const store = `file:${folder}`;
      const argv = ["weight", "set", "web", "v1=3", "v2=1", "--store", store];
      const refused = await cli(argv);
      expect(refused.code).toBe(1);
      expect(refused.err).toContain("there is no service web: it has no instance");
      expect(refused.err).toContain("; --force writes it all the same\n");
      const set = await cli([...argv, "--force"]);
      expect(set.err).toContain("warning: service web has no instance: ");
      expect(set.code).toBe(0);
      const get = await cli(["weight", "get", "web"], { env: { SERIN_STORE: store } });
      expect(get.out).toMatch(/^weights\/web v1=3 v2=1 at revision \d+\n$/);
      const files = readFileSync(join(folder, "weights", "web.json"), "utf8");
      expect(JSON.parse(files)).toEqual({ v1: 3, v2: 1 });
      const none = await cli(["weight", "get", "other", "--store", store]);
      expect(none).toMatchObject({ code: 1, err: "serin: there is no weights/other\n" });
      const unset = ["weight", "unset", "web", "--store", store];
      expect((await cli(unset)).out).toMatch(/^weights\/web removed at revision \d+\n$/);
      expect(existsSync(join(folder, "weights", "web.json"))).toBe(false);
      const gone = { code: 1, err: "serin: there is no weights/web\n" };
      expect(await cli(unset)).toMatchObject(gone);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
});

const type = (name: string, parts: Partial<TypeStatus> = {}): TypeStatus => ({
  type: name,
  typeUrl: `type.googleapis.com/${name}`,
  subscription: { wildcard: true, names: 0 },
  versionSent: "0123456789abcdef",
  versionAcked: "0123456789abcdef",
  status: "SYNCED",
  ageMs: 3_000,
  ...parts,
});

const proxy = (node: string, types: readonly TypeStatus[]): ProxyStatus => ({
  node,
  cluster: "edge",
  userAgent: "envoy/1.40.0",
  peer: "127.0.0.1:5000",
  variant: "delta",
  view: "edge",
  connectedSince: "2026-01-01T00:00:00.000Z",
  types,
});

describe("status", () => {
  it("has a row a proxy, a column a type, and rejections below", () => {
    const nack = {
      version: "fedcba9876543210",
      message: "line one\nline two",
      names: ["edge/http"],
      maybeApplied: true,
    } as const;
    const text = statusText([
      proxy("edge-1", [type("RDS", { ageMs: 65_000 }), type("CDS"), type("SDS")]),
      proxy("edge-two", [
        type("CDS", { status: "STALE", versionSent: "aaaaaaaabbbb", ageMs: 25_000 }),
        type("RDS", { status: "NACKED", versionSent: nack.version, nack, ageMs: 10 }),
      ]),
      { ...proxy("new", [type("CDS", { status: "PENDING", versionSent: null })]), view: null },
    ]);
    expect(text).toBe(`\
NODE      CLUSTER  GATEWAYS  VIEW  PROXY         CDS                 RDS                   SDS
edge-1    edge     edge      -     envoy/1.40.0  SYNCED 01234567 3s  SYNCED 01234567 1m    SYNCED 01234567 3s
edge-two  edge     edge      -     envoy/1.40.0  STALE aaaaaaaa 25s  NACKED fedcba98 10ms  -
new       edge     -         -     envoy/1.40.0  PENDING - 3s        -                     -

edge-two rejected RDS fedcba98 (edge/http; parts may be in force):
  line one line two
`);
    expect(statusText([])).toBe("no proxy is connected\n");
  });

  it("parts the gateways from what else a view is of", () => {
    const shown = (view: string | null): readonly string[] =>
      statusText([{ ...proxy("n", []), view }])
        .split("\n")[1]
        ?.split(/ {2,}/)
        .slice(2, 4) ?? [];
    expect(shown("weights:default")).toEqual(["default", "weights"]);
    expect(shown("edge,inner")).toEqual(["edge,inner", "-"]);
    expect(shown("all:edge")).toEqual(["edge", "all"]);
    expect(shown("all:")).toEqual(["-", "all"]);
    expect(shown("weights:node:a:b")).toEqual(["-", "weights,node"]);
    expect(shown("")).toEqual(["-", "-"]);
  });

  it("warns of two Envoys with one node id, but not of the streams of a gRPC process", () => {
    const first = proxy("edge-1", [type("CDS")]);
    const second = { ...first, peer: "127.0.0.1:6000" };
    expect(statusText([first, second])).toContain(
      "\nwarning: 2 Envoys call themselves edge-1 (127.0.0.1:5000, 127.0.0.1:6000): give each",
    );
    const rpc = { userAgent: "gRPC Go", node: "client" };
    expect(statusText([first, { ...first, ...rpc }, { ...second, ...rpc }])).not.toContain(
      "warning",
    );
  });

  it("says first that the server is not ready, and ends with 1", async () => {
    const { app, url } = await start();
    const early = await cli(["status", "--admin", url]);
    expect(early.code).toBe(1);
    expect(early.err).toBe("serin is not ready: the xDS port does not listen yet; read memory\n");
    app.serving(true);
    expect(await cli(["status", "--admin", url])).toMatchObject({ code: 0, err: "" });
  });

  it("says so where something else answers", async () => {
    const bodies = ["<html>", "[]", "{}"];
    const server = createServer((_, answer) => answer.end(bodies.shift() ?? "x"));
    const url = await new Promise<string>((resolve) => {
      server.listen(0, "127.0.0.1", () => {
        resolve(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
      });
    });
    try {
      const html = await cli(["status", "--admin", url]);
      expect(html.code).toBe(1);
      expect(html.err).toBe(
        `serin: ${url} is not serin's admin API: GET /v1/proxies answers 200 without a content type; name it with --admin\n`,
      );
      expect((await cli(["status", "--admin", url])).err).toContain("is not serin's admin API");
    } finally {
      server.close();
    }
  });

  it("comes from the server, in the form asked for", async () => {
    const { app, url } = await start();
    app.serving(true);
    connectProxy(app.hub, { id: "edge-1" }).subscribe(typeUrls.cluster);
    const table = await cli(["status", "--admin", url]);
    expect(table.code).toBe(0);
    expect(table.out).toMatch(
      /^NODE {4}CLUSTER {2}GATEWAYS {2}VIEW {2}PROXY {2}CDS\nedge-1 {2}edge {5}default {3}all/,
    );
    const json = await cli(["status", "--admin", url, "-o", "json"]);
    expect(JSON.parse(json.out)).toMatchObject([{ node: "edge-1", types: [{ type: "CDS" }] }]);
    const yaml = await cli(["status", "--admin", url, "-o", "yaml"]);
    expect(parse(yaml.out)).toMatchObject([{ node: "edge-1" }]);
  });
});

describe("text", () => {
  it("keeps ages short and terminals safe", () => {
    expect([0, 999, 1_000, 59_999, 60_000, 7_200_000, 90_000_000].map(ageText)).toEqual([
      "0ms",
      "999ms",
      "1s",
      "59s",
      "1m",
      "2h",
      "1d",
    ]);
    expect(plainText("a\u001b[2Jb\r\nc")).toBe("a [2Jb c");
  });
});
