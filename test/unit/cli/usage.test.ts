import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { cli } from "../../support/cli.ts";

const folder = mkdtempSync(join(tmpdir(), "serin-cli-"));
afterAll(() => rmSync(folder, { recursive: true }));

describe("usage", () => {
  it("ends with 2 and help for wrong commands, flags and values", async () => {
    for (const argv of [
      [],
      ["nope"],
      ["serve", "--nope"],
      ["serve", "--xds-listen", "nowhere"],
      ["serve", "--log-level", "loud"],
      ["serve", "--etcd-cert", "a.pem"],
      ["serve", "--traces", "127.0.0.1:4318"],
      ["serve", "--traces", "ftp://127.0.0.1/v1/traces"],
      ["serve", "--traces", "http://a/", "--traces-sample", "1.1"],
      ["serve", "--traces", "http://a/", "--traces-sample", "-1"],
      ["serve", "--traces", "http://a/", "--traces-sample", "all"],
      ["bootstrap", "--node-id", "a", "--grpc", "--latency"],
      ["serve", "--etcd-user", "root"],
      ["serve", "extra"],
      ["serve", "--store", "nowhere"],
      ["serve", "--store", "file:"],
      ["weight", "set", "web", "v1=1", "--store", "etcd://a b"],
      ["weight", "set", "web"],
      ["weight", "set", "web", "v1=x"],
      ["weight", "set", "web", "v1=1", "v1=2"],
      ["weight", "set", "web", "v1=0"],
      ["weight", "set", "-web-", "v1=1"],
      ["weight", "set", "web", "v1=1", "--timeout", "soon"],
      ["weight", "set", "web", "v1=1", "--timeout", "9h"],
      ["weight", "set", "web", "v1=1", "--wait", "--store", "memory:"],
      ["weight", "unset", "web", "--wait", "--store", "memory:"],
      ["weight", "unset"],
      ["history"],
      ["history", "-web-"],
      ["undo"],
      ["undo", "web", "--to", "soon"],
      ["undo", "web", "--wait", "--store", "memory:"],
      ["status", "-o", "xml"],
      ["status", "--admin", "ftp://x"],
      ["explain"],
      ["explain", "web", "--path", "cart"],
      ["explain", "web", "-H", "no colon"],
      ["explain", "web", "--grpc", "--gateway", "edge"],
      ["validate"],
      ["validate", "-f", "a", "--store", "memory:"],
      ["validate", "a"],
      ["bootstrap"],
      ["bootstrap", "--node-id", "a", "--grpc", "--sotw"],
      ["bootstrap", "--node-id", "a", "--grpc", "--no-layer"],
      ["dev", "--port", "70000"],
    ]) {
      const { code, out, err } = await cli(argv);
      expect(code, argv.join(" ")).toBe(2);
      expect(err, argv.join(" ")).not.toBe("");
      expect(out, argv.join(" ")).toBe("");
    }
  });

  it("ends with 0 where help was asked for", async () => {
    for (const argv of [["help"], ["help", "weight"], ["weight", "help"], ["help", "serve"]]) {
      const { code, out, err } = await cli(argv);
      expect({ code, err }, argv.join(" ")).toEqual({ code: 0, err: "" });
      expect(out, argv.join(" ")).toContain("Usage: serin");
    }
  });

  it("says how validate is given a folder", async () => {
    const { err } = await cli(["validate", "examples/weights"]);
    expect(err).toContain("error: a file or folder is named by -f: -f examples/weights\n");
  });

  it("prints help with examples, and the version, with 0", async () => {
    const help = await cli(["--help"]);
    expect(help.code).toBe(0);
    const others = ["weight", "history", "undo", "status", "explain", "validate"];
    const commands = ["serve", "dev", "demo-backend", "bootstrap", ...others];
    for (const command of commands) {
      expect(help.out).toContain(`  ${command}`);
      const own = await cli([command, "--help"]);
      expect(own.code, command).toBe(0);
      if (command !== "weight") expect(own.out, command).toContain("Examples:");
    }
    const version = await cli(["--version"]);
    const { version: expected } = JSON.parse(readFileSync("package.json", "utf8"));
    expect(version).toMatchObject({ code: 0, out: `${expected}\n` });
  });
});

describe("serve", () => {
  it("has defaults on loopback", async () => {
    const { code, served } = await cli(["serve"]);
    expect(code).toBe(0);
    expect(served).toEqual([
      {
        store: "etcd://127.0.0.1:2379",
        prefix: "/serin/",
        etcd: {
          caFile: undefined,
          certFile: undefined,
          keyFile: undefined,
          user: undefined,
          password: undefined,
        },
        xdsListen: { host: "127.0.0.1", port: 18_000 },
        xdsTls: undefined,
        csds: "loopback",
        xdsConnectionAgeMs: 1_800_000,
        adminListen: { host: "127.0.0.1", port: 18_001 },
        defaultGateway: { host: "127.0.0.1", port: 10_000 },
        logLevel: "info",
        allowEmpty: false,
      },
    ]);
  });

  it("takes TLS by certificate and key, and nothing less", async () => {
    const env = { SERIN_XDS_TLS_KEY: "a.key", SERIN_XDS_MAX_CONNECTION_AGE: "0s" };
    const args = ["serve", "--xds-tls-cert", "a.pem", "--xds-tls-client-ca", "ca.pem"];
    const { served } = await cli(args, { env });
    expect(served[0]).toMatchObject({
      xdsTls: { certFile: "a.pem", keyFile: "a.key", clientCaFile: "ca.pem" },
      xdsConnectionAgeMs: 0,
    });
    expect(await cli(args)).toMatchObject({ code: 2, served: [] });
  });

  it("tells what proxies run to loopback, and to nobody where proxies have certificates", async () => {
    const tls = ["--xds-tls-cert", "a.pem", "--xds-tls-key", "a.key"];
    const mutual = [...tls, "--xds-tls-client-ca", "ca.pem"];
    const served = async (...args: readonly string[]) =>
      (await cli(["serve", ...args])).served[0]?.csds;
    expect(await served(...tls)).toBe("loopback");
    expect(await served(...mutual)).toBe("off");
    expect(await served(...mutual, "--csds", "loopback")).toBe("loopback");
    expect(await served("--csds", "off")).toBe("off");
    const names = ["ops.example", "spiffe://example/ops"];
    expect(await served(...mutual, "--csds", names.join(", "))).toEqual({ certificates: names });
    const wrong = await cli(["serve", "--csds", "ops.example"]);
    expect(wrong).toMatchObject({ code: 2, served: [] });
    expect(wrong.err).toContain("--xds-tls-client-ca");
    expect(await cli(["serve", ...mutual, "--csds", "ops,,"])).toMatchObject({ code: 2 });
  });

  it("sends traces where it is told to, and else none", async () => {
    const url = "https://user:word@collector:4318/v1/traces";
    const env = { SERIN_TRACES: url, OTEL_EXPORTER_OTLP_ENDPOINT: "http://other:4318" };
    const [served] = (await cli(["serve", "--traces-sample", ".25"], { env })).served;
    expect([served?.traces?.url.href, served?.traces?.share]).toEqual([url, 0.25]);
    const [without] = (await cli(["serve", "--traces-sample", "0"])).served;
    expect(without?.traces).toBeUndefined();
    const [all] = (await cli(["serve", "--traces", url])).served;
    expect(all?.traces?.share).toBe(1);
  });

  it("takes the environment where no flag is given", async () => {
    const env = {
      SERIN_STORE: "file:/config",
      SERIN_XDS_LISTEN: "[::1]:1",
      SERIN_ALLOW_EMPTY: "true",
      SERIN_DEFAULT_GATEWAY: "off",
      SERIN_LOG_LEVEL: "debug",
      SERIN_PREFIX: "/other",
    };
    const { served } = await cli(["serve", "--log-level", "warn"], { env });
    expect(served[0]).toMatchObject({
      store: "file:/config",
      prefix: "/other/",
      xdsListen: { host: "::1", port: 1 },
      defaultGateway: undefined,
      logLevel: "warn",
      allowEmpty: true,
    });
  });

  it("names the variable whose value is wrong", async () => {
    const wrong = await cli(["serve"], { env: { SERIN_XDS_LISTEN: "nowhere" } });
    expect(wrong.code).toBe(2);
    expect(wrong.err).toContain("SERIN_XDS_LISTEN: expected host:port.");
    const level = await cli(["serve"], { env: { SERIN_LOG_LEVEL: "loud" } });
    expect(level.code).toBe(2);
    expect(level.err).toContain("SERIN_LOG_LEVEL");
    expect((await cli(["serve"], { env: { SERIN_ALLOW_EMPTY: "perhaps" } })).code).toBe(2);
    expect((await cli(["serve"], { env: { SERIN_ALLOW_EMPTY: "0" } })).served[0]).toMatchObject({
      allowEmpty: false,
    });
  });

  it("names the flag or variable and the value where the store is none, but no credentials", async () => {
    const flag = await cli(["serve", "--store", "consul:x"]);
    expect(flag.err).toContain('--store "consul:x": not a store that serin knows');
    const env = await cli(["validate"], { env: { SERIN_STORE: "etcd://" } });
    expect(env).toMatchObject({ code: 2 });
    expect(env.err).toContain('SERIN_STORE "etcd://": ');
    const secret = await cli(["serve", "--store", "etcd://u:s3cret@h"]);
    expect(secret.err).toContain("--store: a store URL carries no credentials");
    expect(secret.err).not.toContain("s3cret");
  });

  it("reads the password from the environment or a file, never from a flag", async () => {
    const file = join(folder, "password");
    writeFileSync(file, "s3cret\n");
    const argv = ["serve", "--etcd-user", "serin"];
    const byFile = await cli([...argv, "--etcd-password-file", file]);
    expect(byFile.served[0]?.etcd).toMatchObject({ user: "serin", password: "s3cret" });
    const byEnv = await cli(argv, { env: { SERIN_ETCD_PASSWORD: "pw" } });
    expect(byEnv.served[0]?.etcd.password).toBe("pw");
    const both = { env: { SERIN_ETCD_PASSWORD: "pw", SERIN_ETCD_PASSWORD_FILE: file } };
    expect((await cli(argv, both)).code).toBe(2);
    expect((await cli([...argv, "--etcd-password-file", join(folder, "none")])).code).toBe(2);
    expect((await cli(["serve", "--help"])).out).not.toContain("--etcd-password <");
  });
});

describe("dev and demo-backend", () => {
  it("pass their options on", async () => {
    const { devs } = await cli(["dev", "--port", "8080", "--steps", "4"]);
    expect(devs[0]).toMatchObject({ port: 8080, stepSeconds: 8, steps: 4 });
    expect(devs[0]?.fixedPort).toBe(true);
    const plain = { port: 10_000, fixedPort: false, steps: undefined };
    expect((await cli(["dev"])).devs[0]).toMatchObject(plain);
    const fromEnv = await cli(["dev"], { env: { SERIN_DEV_PORT: "9" } });
    expect(fromEnv.devs[0]).toMatchObject({ port: 9, fixedPort: true });
  });

  it("serve a version until stopped", async () => {
    const stop = new AbortController();
    let tell = (_url: string): void => undefined;
    const listening = new Promise<string>((resolve) => {
      tell = resolve;
    });
    const { runCli } = await import("../../../src/cli/cli.ts");
    const io = {
      stdout: (text: string) => tell(`http://${/listens on (\S+)/.exec(text)?.[1]}/`),
      stderr: () => undefined,
      stop: stop.signal,
    };
    const none = async () => 0;
    const argv = ["demo-backend", "--version", "v7", "--listen", "127.0.0.1:0", "--fail", "50"];
    const done = runCli(argv, {}, io, { serve: none, dev: none });
    const answer = await fetch(await listening);
    expect(answer.headers.get("x-served-by")).toBe("v7");
    const second = await fetch(answer.url);
    expect([answer.status, second.status]).toEqual([200, 500]);
    stop.abort();
    expect(await done).toBe(0);
  });

  it("fail with 1 where the port is taken", async () => {
    const { code, err } = await cli(["demo-backend", "--listen", "192.0.2.1:8081"]);
    expect(code).toBe(1);
    expect(err).toContain("cannot listen on 192.0.2.1:8081");
  });
});

describe("bootstrap", () => {
  it("turns on TLS by the authority of serin's certificate", async () => {
    const env = { SERIN_NODE_ID: "n", SERIN_TLS_CERT: "me.pem", SERIN_TLS_KEY: "me.key" };
    const { out } = await cli(["bootstrap", "--tls-ca", "ca.pem", "--tls-server-name", "s"], {
      env,
    });
    for (const text of ["ca.pem", "me.pem", "me.key", "sni: s"]) expect(out).toContain(text);
    const grpc = await cli(["bootstrap", "--grpc", "--tls-ca", "ca.pem"], { env });
    expect(JSON.parse(grpc.out)).toMatchObject({
      xds_servers: [{ channel_creds: [{ type: "tls", config: { certificate_file: "me.pem" } }] }],
    });
    for (const wrong of [[], ["--tls-ca", "ca.pem", "--grpc", "--tls-server-name", "s"]]) {
      expect((await cli(["bootstrap", ...wrong], { env })).code).toBe(2);
    }
    const half = { SERIN_NODE_ID: "n", SERIN_TLS_CERT: "me.pem" };
    expect((await cli(["bootstrap", "--tls-ca", "ca.pem"], { env: half })).code).toBe(2);
  });

  it("prints what points a proxy at serin", async () => {
    const { code, out } = await cli(["bootstrap", "--node-id", "edge-1"]);
    expect(code).toBe(0);
    expect(out).toBe(readFileSync("envoy/bootstrap-delta.yaml", "utf8"));
    const sotw = await cli(["bootstrap", "--node-id", "edge-1", "--sotw"]);
    expect(sotw.out).toBe(readFileSync("envoy/bootstrap-sotw.yaml", "utf8"));
  });

  it("takes servers in place of the default, from flags or the environment", async () => {
    const argv = ["bootstrap", "--node-id", "n", "--grpc", "--server", "a:1", "--server", "b:2"];
    const uris = (text: string): unknown =>
      (parse(text) as { xds_servers: { server_uri: string }[] }).xds_servers.map(
        ({ server_uri }) => server_uri,
      );
    expect(uris((await cli(argv)).out)).toEqual(["a:1", "b:2"]);
    const env = { SERIN_SERVER: "c:3,d:4", SERIN_NODE_ID: "n", SERIN_GRPC: "1" };
    expect(uris((await cli(["bootstrap"], { env })).out)).toEqual(["c:3", "d:4"]);
    expect(uris((await cli(["bootstrap", "--node-id", "n", "--grpc"])).out)).toEqual([
      "127.0.0.1:18000",
    ]);
    const bare = await cli(["bootstrap", "--node-id", "n", "--no-layer"]);
    expect(parse(bare.out)).not.toHaveProperty("layered_runtime");
    const asked = { SERIN_NODE_ID: "n", SERIN_NO_LAYER: "true" };
    expect((await cli(["bootstrap"], { env: asked })).out).toBe(bare.out);
    const admin = await cli(["bootstrap", "--node-id", "n", "--admin-port", "9999"]);
    expect(admin.out).toContain("port_value: 9999");
  });
});
