/** Users, tokens and TLS of etcd: what is refused, in which words, and what heals by itself. */
import { execFileSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { type EtcdOptions, openEtcdStore } from "../../src/store/etcd.ts";
import { type Etcd, startEtcd } from "../support/etcd.ts";
import type { EtcdHttp } from "../support/etcd-http.ts";
import { type EtcdLab, startEtcdLab } from "../support/etcd-lab.ts";
import { freePorts } from "../support/ports.ts";
import { RecordingSink } from "../support/recording-sink.ts";
import { freshFolder } from "../support/tmp.ts";
import { put, value } from "../unit/store/contract.ts";

const password = "canary-7f3a";
const auth = { username: "serin", password };

const base64 = (text: string) => Buffer.from(text).toString("base64");

async function login(http: EtcdHttp, name: string): Promise<void> {
  http.token = undefined;
  const answer = await http.call("auth/authenticate", { name, password });
  http.token = (answer as { token: string }).token;
}

const permission = { key: base64("/serin/"), range_end: base64("/serin0") };

/** Users root and serin (which may read and write the prefix), and authentication on. */
async function enableAuth(http: EtcdHttp): Promise<void> {
  for (const name of ["root", "serin"]) {
    await http.call("auth/role/add", { name });
    await http.call("auth/user/add", { name, password });
    await http.call("auth/user/grant", { user: name, role: name });
  }
  await grant(http);
  await http.call("auth/enable", {});
  await login(http, "root");
}

const grant = (http: EtcdHttp) =>
  http.call("auth/role/grant", {
    name: "serin",
    perm: { permType: "READWRITE", ...permission },
  });

const revoke = (http: EtcdHttp) => http.call("auth/role/revoke", { role: "serin", ...permission });

describe("etcd with authentication", () => {
  let lab: EtcdLab;
  afterEach(async () => {
    await lab.stop();
    expect(JSON.stringify([lab.sink.healths, lab.events, lab.store.description])).not.toContain(
      password,
    );
  });

  it("follows, and logs in anew after a restart, which forgets all tokens", async () => {
    lab = await startEtcdLab({ store: { auth }, prepare: enableAuth });
    await lab.http.putMany(20, (i) => [`/serin/a/${i}`, "1"]);
    await lab.sink.until("the keys", () => lab.sink.entries.size === 20);
    await lab.etcd.kill();
    await lab.disconnected();
    await lab.etcd.restart();
    await login(lab.http, "root");
    await lab.http.putMany(20, (i) => [`/serin/b/${i}`, "1"]);
    await lab.connected();
    await lab.converges();
    expect(lab.sink.entries.size).toBe(41);
    value(await lab.store.transact({ compare: [], writes: [put("own", "1")] }));
  });

  it("follows, and logs in anew after a token has expired", async () => {
    // Each use of a token prolongs it, so no audit may use it meanwhile.
    const limits = { auditConfirmMs: 3_600_000, auditIntervalMs: 3_600_000 };
    const args = ["--auth-token-ttl", "1"];
    lab = await startEtcdLab({ args, store: { auth, limits }, prepare: enableAuth });
    value(await lab.store.transact({ compare: [], writes: [put("own", "1")] }));
    await pause(2_500);
    value(await lab.store.transact({ compare: [], writes: [put("own", "2")] }));
    await pause(2_500);
    lab.proxy.cut();
    await login(lab.http, "root");
    await lab.http.putMany(20, (i) => [`/serin/a/${i}`, "1"]);
    await lab.converges();
    expect(lab.sink.entries.size).toBe(22);
  });

  it("keeps the last good state without permission, says so, and comes back with it", async () => {
    lab = await startEtcdLab({ store: { auth }, prepare: enableAuth });
    await lab.http.put("/serin/a", "1");
    await lab.sink.until("the key", () => lab.sink.entries.size === 1);
    await revoke(lab.http);
    lab.proxy.cut();
    const denied = () => lab.sink.healths.at(-1)?.message.includes("permission denied") ?? false;
    await lab.sink.until("the complaint", denied);
    expect(lab.sink.values()).toEqual({ a: "1" });
    expect(await lab.store.get("a")).toMatchObject({ ok: false, error: { kind: "denied" } });
    await grant(lab.http);
    await lab.connected();
    await lab.converges();
  });

  it("refuses a wrong password, and no password, in words without a secret", async () => {
    lab = await startEtcdLab({ store: { auth }, prepare: enableAuth });
    const hosts = [lab.etcd.endpoint];
    const wrong = { username: "serin", password: "canary-wrong" };
    for (const options of [{ hosts, auth: wrong }, { hosts }]) {
      const opened = openEtcdStore(options);
      if (!opened.ok) throw new Error(opened.error);
      const read = await opened.value.get("a");
      expect(read).toMatchObject({ ok: false, error: { kind: "denied" } });
      expect(JSON.stringify(read)).not.toContain("canary");
      expect(JSON.stringify(read)).toMatch(/authentication failed|asks for a user name/);
      await opened.value.close();
    }
  });

  it("is no obstacle when etcd asks for none", async () => {
    lab = await startEtcdLab({ store: { auth } });
    await lab.converges();
  });
});

describe("etcd with TLS", () => {
  let etcd: Etcd;
  let folder: string;
  let endpoint: string;
  const pem = (name: string) => join(folder, `${name}.pem`);

  beforeAll(async () => {
    folder = freshFolder("tls");
    makeCertificates(folder);
    const [port = 0, tlsPort = 0] = await freePorts(2);
    const urls = `http://127.0.0.1:${port},https://127.0.0.1:${tlsPort}`;
    endpoint = `127.0.0.1:${tlsPort}`;
    etcd = await startEtcd({
      port,
      args: [
        ...["--listen-client-urls", urls, "--advertise-client-urls", urls],
        ...["--cert-file", pem("server"), "--key-file", pem("server-key")],
        ...["--client-cert-auth", "--trusted-ca-file", pem("ca")],
      ],
    });
  });
  afterAll(async () => {
    await etcd.stop();
    rmSync(folder, { recursive: true });
  });

  const client = () => ({ certFile: pem("client"), keyFile: pem("client-key") });
  function open(options: Partial<EtcdOptions>) {
    const limits = { callTimeoutMs: 1_000 };
    const opened = openEtcdStore({ hosts: [endpoint], limits, ...options });
    if (!opened.ok) throw new Error(opened.error);
    return opened.value;
  }

  it("is followed with the right CA and a client certificate", async () => {
    const store = open({ tls: { caFile: pem("ca"), ...client() } });
    const sink = new RecordingSink();
    store.watch(sink);
    await sink.until("start", () => sink.started !== undefined);
    value(await store.transact({ compare: [], writes: [put("a", "1")] }));
    await sink.until("the change", () => sink.text("a") === "1");
    expect(store.description).toBe(`etcds://${endpoint} under /serin/`);
    await store.close();
  });

  it.each<[string, () => Partial<EtcdOptions>, RegExp]>([
    ["another CA", () => ({ tls: { caFile: pem("other-ca"), ...client() } }), /TLS failed.*CA/],
    ["the system's roots", () => ({ tls: client() }), /TLS failed.*CA/],
    ["no client certificate", () => ({ tls: { caFile: pem("ca") } }), /./],
    ["plain text", () => ({}), /./],
  ])(
    "is not reached with %s, and nothing falls back to plain text",
    async (_name, options, words) => {
      const store = open(options());
      const sink = new RecordingSink();
      store.watch(sink);
      const read = await store.get("a");
      expect(read).toMatchObject({ ok: false, error: { message: expect.stringMatching(words) } });
      await sink.until("the complaint", () => sink.healths.length > 0);
      expect(sink.healths[0]).toMatchObject({ connected: false });
      expect(sink.healths[0]?.message).toMatch(words);
      expect(sink.started).toBeUndefined();
      const keys = readFileSync(pem("client-key"), "utf8").split("\n")[1] ?? "";
      expect(JSON.stringify([read, sink.healths])).not.toContain(keys);
      await store.close();
    },
  );

  it("is not reached under a name that its certificate does not have", async () => {
    const hosts = [endpoint.replace("127.0.0.1", "localhost")];
    const store = open({ hosts, tls: { caFile: pem("ca"), ...client() } });
    const read = await store.get("a");
    expect(read).toMatchObject({
      ok: false,
      error: { message: expect.stringMatching(/TLS failed.*host name/) },
    });
    await store.close();
  });
});

/** Two CAs; a server certificate for 127.0.0.1 only, and a client certificate, by the first. */
function makeCertificates(folder: string): void {
  const openssl = (...args: string[]) =>
    execFileSync("openssl", args, { cwd: folder, stdio: "pipe" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
  for (const ca of ["ca", "other-ca"]) {
    openssl(
      ...["req", "-x509", ...key, "-subj", `/CN=${ca}`, "-days", "2"],
      ...["-keyout", `${ca}-key.pem`, "-out", `${ca}.pem`],
    );
  }
  for (const [name, extension] of [
    ["server", "subjectAltName=IP:127.0.0.1"],
    ["client", "extendedKeyUsage=clientAuth"],
  ] as const) {
    writeFileSync(join(folder, `${name}.ext`), extension);
    openssl(
      ...["req", "-new", ...key, "-subj", `/CN=${name}`],
      ...["-keyout", `${name}-key.pem`, "-out", `${name}.csr`],
    );
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.pem", "-CAkey", "ca-key.pem"],
      ...["-CAcreateserial", "-days", "2", "-extfile", `${name}.ext`, "-out", `${name}.pem`],
    );
  }
}
