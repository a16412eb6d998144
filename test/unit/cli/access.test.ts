import { chmodSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { parseTokens } from "../../../src/admin/access/parse-tokens.ts";
import { hashOf } from "../../../src/admin/access/token.ts";
import { openAdminPort } from "../../../src/app/admin-port.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { heldToken } from "../../support/access.ts";
import { type AdminLab, adminLab } from "../../support/admin.ts";
import { unwrap } from "../../support/binaries.ts";
import { loopbackCertificate } from "../../support/certificates.ts";
import { cli } from "../../support/cli.ts";
import { freshFolder } from "../../support/tmp.ts";

let folder = "";
let lab: AdminLab | undefined;

beforeEach(() => {
  folder = freshFolder("cli-access");
});

afterEach(async () => {
  await lab?.close();
  lab = undefined;
  rmSync(folder, { recursive: true, force: true });
});

const fileOf = (name: string, text: string): string => {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
};

const tokensIn = (file: string) => unwrap(parseTokens(readFileSync(file, "utf8")));

describe("serin token create", () => {
  const create = ["token", "create", "--name", "alice", "--role", "operator"];

  it("prints the token, and its entry on the other stream", async () => {
    const { code, out, err } = await cli([...create, "--expires", "90d"]);
    expect(code).toBe(0);
    expect(out).toMatch(/^serin_[\w-]{43}\n$/);
    const [token] = unwrap(parseTokens(err));
    expect(token).toMatchObject({ name: "alice", role: "operator", hash: hashOf(out.trim()) });
    const days = ((token?.expiresMs ?? 0) - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(89.9);
    expect(days).toBeLessThanOrEqual(90);
    expect(err).not.toContain(out.trim());
    expect((await cli(create)).out).not.toBe(out);
  });

  it("adds the entry to a file that only its owner reads, and keeps what is there", async () => {
    const file = join(folder, "tokens.yaml");
    const first = await cli([...create, "--file", file]);
    expect([first.code, first.err]).toEqual([0, `serin: added alice to ${file}\n`]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    writeFileSync(file, `# the team\n${readFileSync(file, "utf8")}`);
    chmodSync(file, 0o640);
    symlinkSync(file, join(folder, "link"));
    const env = { SERIN_ADMIN_TOKENS: join(folder, "link") };
    const second = await cli(["token", "create", "--name", "ci", "--role", "viewer"], { env });
    expect(second.code).toBe(0);
    expect(readFileSync(file, "utf8")).toMatch(/^# the team\n- name: alice\n/);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(tokensIn(file)).toMatchObject([
      { name: "alice", hash: hashOf(first.out.trim()) },
      { name: "ci", hash: hashOf(second.out.trim()) },
    ]);
  });

  it.each([
    "[]",
    "[]\n# nobody yet\n",
    `[{"name":"x","role":"admin","sha256":"${"1".repeat(64)}"}]`,
  ])("adds to %s", async (text) => {
    const file = fileOf("tokens", text);
    expect((await cli([...create, "--file", file])).code).toBe(0);
    expect(tokensIn(file).at(-1)).toMatchObject({ name: "alice", role: "operator" });
  });

  it("writes nothing, and makes no token, where the file is wrong or has the name", async () => {
    const there = fileOf(
      "there.yaml",
      `- { name: alice, role: viewer, sha256: ${"a".repeat(64)} }\n`,
    );
    const wrong = fileOf("wrong.yaml", "- name: bob\n");
    const busy = fileOf("busy.yaml", "[]");
    writeFileSync(join(folder, ".busy.yaml.new"), "");
    for (const [file, error] of [
      [there, `${there} has an entry named alice already`],
      [wrong, `${wrong}: line 1, entry 1: role takes viewer, operator, admin`],
      [
        busy,
        `${join(folder, ".busy.yaml.new")} is there: somebody adds a token just now, or was stopped then and it can be removed`,
      ],
      [join(folder, "no/such"), `${join(folder, "no/such")} cannot be written: ENOENT`],
    ] as const) {
      const before = file.includes("no/such") ? "" : readFileSync(file, "utf8");
      const { code, out, err } = await cli([...create, "--file", file]);
      expect([code, out]).toEqual([1, ""]);
      expect(err).toContain(`serin: ${error}`);
      if (before !== "") expect(readFileSync(file, "utf8")).toBe(before);
    }
  });

  it.each([
    [["token", "create", "--role", "viewer"], "say --name and --role"],
    [["token", "create", "--name", "a"], "say --name and --role"],
    [["token", "create", "--name", "a b", "--role", "viewer"], "expected 1 to 63 letters"],
    [
      ["token", "create", "--name", "a", "--role", "root"],
      "Allowed choices are viewer, operator, admin",
    ],
    [[...create, "--expires", "0d"], "expected days or hours"],
    [[...create, "--expires", "90"], "expected days or hours"],
  ])("is used wrongly: %j", async (argv, error) => {
    const { code, err } = await cli(argv);
    expect([code, err]).toEqual([2, expect.stringContaining(error)]);
  });
});

describe("commands that ask the admin API", () => {
  const viewer = heldToken("vera", "viewer");
  const status = () => ["status", "--admin", lab?.url ?? ""];

  it("send the token of the environment, or of a file", async () => {
    lab = await adminLab({ tokens: [viewer.token] });
    await lab.app.started;
    lab.app.serving(true);
    const file = fileOf("token", `${viewer.text}\n`);
    const there = { SERIN_TOKEN: viewer.text };
    expect((await cli(status(), { env: there })).err).not.toContain("token");
    const read = ["get", "weights/web", "--admin", lab.url];
    expect((await cli(read, { env: there })).code).toBe(0);
    expect((await cli([...read, "--token-file", file])).code).toBe(0);
    expect((await cli(read, { env: { SERIN_TOKEN_FILE: file } })).code).toBe(0);
  });

  it("say in one sentence why they may not", async () => {
    lab = await adminLab({ tokens: [viewer.token] });
    await lab.app.started;
    lab.app.serving(true);
    const hint = "give your token in SERIN_TOKEN or by --token-file";
    const none = await cli(["weight", "get", "web", "--admin", lab.url]);
    expect([none.code, none.err]).toEqual([
      1,
      `serin: a bearer token is needed, and none was sent; ${hint}\n`,
    ]);
    const other = await cli(status(), { env: { SERIN_TOKEN: heldToken("x", "admin").text } });
    expect([other.code, other.err]).toEqual([1, `serin: nobody has this token; ${hint}\n`]);
    const env = { SERIN_TOKEN: viewer.text };
    const little = await cli(["weight", "set", "web", "v1=1", "--admin", lab.url], { env });
    expect([little.code, little.err]).toEqual([
      1,
      "serin: this takes the role operator, and the token vera has viewer\n",
    ]);
  });

  it("are used wrongly with two tokens, none that is one, or a file that is not there", async () => {
    const file = fileOf("token", viewer.text);
    const env = { SERIN_TOKEN: viewer.text };
    const both = await cli(["status", "--token-file", file], { env });
    expect([both.code, both.err]).toEqual([2, expect.stringContaining("exclude each other")]);
    const odd = await cli(["status"], { env: { SERIN_TOKEN: "a\nb" } });
    expect([odd.code, odd.err]).toEqual([2, expect.stringContaining("SERIN_TOKEN has no token")]);
    expect(odd.err).not.toContain("a\nb");
    const missing = await cli(["status", "--token-file", join(folder, "none")]);
    expect([missing.code, missing.err]).toEqual([2, expect.stringContaining("ENOENT")]);
    const plain = await cli(["status", "--admin-ca", file]);
    expect([plain.code, plain.err]).toEqual([2, expect.stringContaining("takes an https URL")]);
  });

  it("ask over TLS, and believe no certificate that they do not know", async () => {
    lab = await adminLab();
    await lab.app.started;
    lab.app.serving(true);
    const { certificate, privateKey } = loopbackCertificate();
    const adminTls = {
      certFile: fileOf("cert.pem", certificate),
      keyFile: fileOf("key.pem", privateKey),
    };
    const config = { adminListen: { host: "127.0.0.1", port: 0 }, adminTls };
    const surroundings = { logger: pino({ level: "silent" }), metrics: createMetrics() };
    const secure = unwrap(await openAdminPort(lab.app, config, surroundings));
    try {
      const get = ["get", "weights/web", "--admin", `https://127.0.0.1:${secure.address.port}`];
      const known = await cli([...get, "--admin-ca", adminTls.certFile]);
      expect([known.code, known.err]).toEqual([0, ""]);
      expect(known.out).toContain("v1");
      const set = await cli(["weight", "set", "web", "v1=3", "--admin", get[3] ?? ""], {
        env: { SERIN_ADMIN_CA: adminTls.certFile },
      });
      expect(set.code).toBe(0);
      const unknown = await cli(get);
      expect(unknown.code).toBe(1);
      expect(unknown.err).toContain("name the authority of its certificate by --admin-ca");
      const other = await cli([
        ...get,
        "--admin-ca",
        fileOf("other.pem", loopbackCertificate().certificate),
      ]);
      expect(other.code).toBe(1);
    } finally {
      await secure.close();
    }
  });
});

describe("serin serve", () => {
  it("is told of files, and refuses a port that others reach without tokens", async () => {
    const flags = ["--admin-tokens", "t.yaml", "--admin-tls-cert", "c", "--admin-tls-key", "k"];
    const { served } = await cli(["serve", "--admin-listen", "0.0.0.0:18001", ...flags]);
    expect(served).toMatchObject([
      { adminTokens: "t.yaml", adminTls: { certFile: "c", keyFile: "k" } },
    ]);
    const open = await cli(["serve", "--admin-listen", "0.0.0.0:18001"]);
    expect([open.code, open.served]).toEqual([2, []]);
    expect(open.err).toContain(
      "0.0.0.0:18001 can be reached from elsewhere, so say by --admin-tokens FILE who may",
    );
    const half = await cli(["serve", "--admin-tls-cert", "c"]);
    expect([half.code, half.err]).toEqual([2, expect.stringContaining("--admin-tls-key")]);
  });
});
