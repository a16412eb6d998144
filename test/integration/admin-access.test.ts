import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { hashOf, makeToken } from "../../src/admin/access/token.ts";
import { type ChildExit, startChild } from "../../src/dev/child.ts";
import { unwrap } from "../support/binaries.ts";
import { loopbackCertificate } from "../support/certificates.ts";
import { type Serin, startSerin } from "../support/serin.ts";
import { freshFolder } from "../support/tmp.ts";
import { projectFolder } from "../support/tracked.ts";
import { eventually } from "../support/wait.ts";

/** The server and the command line as processes, with tokens between them. */
let folder = "";
let serin: Serin | undefined;

beforeEach(() => {
  folder = freshFolder("admin-access");
});

afterEach(async () => {
  await serin?.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Ended extends ChildExit {
  readonly output: string;
}

async function run(
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ended> {
  const main = join(projectFolder, "dist/main.js");
  const child = unwrap(
    await startChild({ name: "serin", command: process.execPath, args: [main, ...args], env }),
  );
  const exit = await child.exited;
  return { ...exit, output: child.logs() };
}

/** As a user does: the token goes to a file of its own. */
async function createToken(name: string, role: string, file: string): Promise<string> {
  const { code, output } = await run([
    "token",
    "create",
    "--name",
    name,
    "--role",
    role,
    "--file",
    file,
  ]);
  expect(code, output).toBe(0);
  return /serin_[\w-]{43}/.exec(output)?.[0] ?? "";
}

const waitMs = { timeoutMs: 15_000, intervalMs: 100 };

it("lets in whom the file names, by TLS, and nobody whom it does not name any more", async () => {
  const { certificate, privateKey } = loopbackCertificate();
  const [cert, key, tokens] = ["cert.pem", "key.pem", "tokens.yaml"].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  writeFileSync(cert, certificate);
  writeFileSync(key, privateKey);
  const alice = await createToken("alice", "operator", tokens);
  const vera = await createToken("vera", "viewer", tokens);
  serin = await startSerin({
    store: `memory:${join(projectFolder, "examples/weights")}`,
    args: ["--admin-tokens", tokens, "--admin-tls-cert", cert, "--admin-tls-key", key],
    waitReady: false,
  });
  const env = { SERIN_ADMIN: `https://127.0.0.1:${serin.adminPort}`, SERIN_ADMIN_CA: cert };
  const as = (token: string, ...args: string[]) => run(args, { ...env, SERIN_TOKEN: token });
  await eventually(async () => (await as(vera, "weight", "get", "web")).code === 0, {
    what: "serin to answer",
    ...waitMs,
  });

  const refused = await as(vera, "weight", "set", "web", "v1=50", "v2=50");
  expect(refused.output).toContain("this takes the role operator, and the token vera has viewer");
  expect(refused.code).toBe(1);
  expect((await as(alice, "weight", "set", "web", "v1=50", "v2=50", "--by", "bob")).code).toBe(0);
  const history = await as(vera, "history", "web", "-o", "json");
  expect(history.output).toContain('"by": "alice"');
  expect(history.output).not.toContain("bob");
  expect((await run(["weight", "get", "web"], env)).output).toContain("a bearer token is needed");

  // As Kubernetes replaces a secret: the name is a link, and is turned to another file.
  const next = join(folder, "next.yaml");
  writeFileSync(
    next,
    `- { name: alice, role: viewer, sha256: ${hashOf(alice).toString("hex")} }\n`,
  );
  symlinkSync(next, join(folder, "link"));
  renameSync(join(folder, "link"), tokens);
  await eventually(async () => (await as(vera, "weight", "get", "web")).code === 1, {
    what: "vera's token to be gone",
    ...waitMs,
  });
  expect((await as(alice, "weight", "get", "web")).code).toBe(0);
  expect((await as(alice, "weight", "unset", "web")).output).toContain(
    "the token alice has viewer",
  );

  for (const token of [alice, vera]) expect(serin.logs()).not.toContain(token);
  expect(serin.logs()).toContain("request to the admin API refused");
}, 120_000);

it("does not start with a file that is wrong, or open to others without one", async () => {
  const tokens = join(folder, "tokens.yaml");
  writeFileSync(tokens, `- { name: a, role: admin, sha256: ${makeToken()} }\n`, { mode: 0o600 });
  const start = ["serve", "--store", "memory:", "--xds-listen", "127.0.0.1:0"];
  const wrong = await run([...start, "--admin-listen", "127.0.0.1:0", "--admin-tokens", tokens]);
  expect(wrong.code).toBe(1);
  expect(wrong.output).toContain(
    `${tokens}: line 1, entry 1: sha256 is a token; it takes the SHA-256 of one`,
  );
  const open = await run([...start, "--admin-listen", "0.0.0.0:0"]);
  expect(open.code).toBe(2);
  expect(open.output).toContain("say by --admin-tokens FILE who may");
}, 60_000);
