import { renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { connect } from "node:tls";
import pino from "pino";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { AdminServer } from "../../../src/admin/server.ts";
import type { AdminSources } from "../../../src/admin/sources.ts";
import {
  type AdminPortConfig,
  adminFilesProblem,
  doubtsOf,
  openAdminPort,
} from "../../../src/app/admin-port.ts";
import { openPortProblem } from "../../../src/config/config.ts";
import { limits } from "../../../src/config/limits.ts";
import { createMetrics } from "../../../src/observe/metrics.ts";
import { type HeldToken, heldToken } from "../../support/access.ts";
import { unwrap } from "../../support/binaries.ts";
import { loopbackCertificate } from "../../support/certificates.ts";
import { FakeClock } from "../../support/fake-clock.ts";
import { freshFolder } from "../../support/tmp.ts";
import { eventually } from "../../support/wait.ts";

let folder = "";
let open: AdminServer[] = [];

beforeEach(() => {
  folder = freshFolder("admin-port");
});

afterEach(async () => {
  await Promise.all(open.map((server) => server.close()));
  open = [];
  rmSync(folder, { recursive: true, force: true });
});

const alice = heldToken("alice", "viewer");
const bob = heldToken("bob", "viewer");

const entry = ({ token: { name, role, hash } }: HeldToken): string =>
  `- { name: ${name}, role: ${role}, sha256: ${Buffer.from(hash).toString("hex")} }\n`;

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text, { mode: 0o600 });
  return file;
}

async function start(config: Partial<AdminPortConfig>) {
  const clock = new FakeClock();
  const metrics = createMetrics();
  const lines: { readonly msg: string; readonly reason?: string }[] = [];
  const logger = pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
  const port = { adminListen: { host: "127.0.0.1", port: 0 }, ...config };
  const opened = await openAdminPort({} as AdminSources, port, { logger, metrics, clock });
  const server = unwrap(opened);
  open.push(server);
  const url = `http://127.0.0.1:${server.address.port}/v1/me`;
  const status = async ({ text }: HeldToken): Promise<number> =>
    (await fetch(url, { headers: { authorization: `Bearer ${text}` } })).status;
  const reload = async (what: string): Promise<void> => {
    await eventually(
      () => {
        clock.advance(limits.access.readMs);
        return lines.some(({ msg }) => msg.includes(what));
      },
      { what },
    );
  };
  return { server, metrics, lines, status, reload };
}

describe("the file of tokens", () => {
  it("is read again: written over, renamed, and behind a symbolic link that is turned", async () => {
    const file = write("tokens.yaml", entry(alice));
    const { status, reload, lines } = await start({ adminTokens: file });
    expect([await status(alice), await status(bob)]).toEqual([200, 401]);

    writeFileSync(file, entry(bob));
    await reload("new tokens");
    expect([await status(alice), await status(bob)]).toEqual([401, 200]);

    lines.length = 0;
    renameSync(write("next.yaml", entry(alice)), file);
    await reload("new tokens");
    expect([await status(alice), await status(bob)]).toEqual([200, 401]);

    lines.length = 0;
    symlinkSync(write("v2.yaml", entry(alice) + entry(bob)), join(folder, "link"));
    renameSync(join(folder, "link"), file);
    await reload("new tokens");
    expect([await status(alice), await status(bob)]).toEqual([200, 200]);
  });

  it("stays in force as it was while it is wrong, or not there, and that is told", async () => {
    const file = write("tokens.yaml", entry(alice));
    const { status, reload, lines, metrics } = await start({ adminTokens: file });
    const gauge = () =>
      metrics.registry.getSingleMetricAsString("serin_admin_tokens_last_reload_successful");
    expect(await gauge()).toMatch(/successful 1$/m);

    writeFileSync(file, `${entry(alice)}- { name: bob }\n`);
    await reload("tokens not taken");
    expect(lines.at(-1)?.reason).toBe(
      `${file}: line 2, entry 2: role takes viewer, operator, admin`,
    );
    expect(await gauge()).toMatch(/successful 0$/m);
    expect([await status(alice), await status(bob)]).toEqual([200, 401]);

    lines.length = 0;
    rmSync(file);
    await reload("tokens not taken");
    expect(lines.at(-1)?.reason).toContain("ENOENT");
    expect(await status(alice)).toBe(200);

    lines.length = 0;
    write("tokens.yaml", "[]");
    await reload("new tokens");
    expect(await gauge()).toMatch(/successful 1$/m);
    expect(await status(alice)).toBe(401);
  });

  it("ends the start where it is wrong, with a sentence that says where", async () => {
    const adminListen = { host: "127.0.0.1", port: 0 };
    const adminTokens = write("tokens.yaml", "- name: bob\n");
    const wrong = `tokens of the admin API: ${adminTokens}: line 1, entry 1: role takes viewer, operator, admin`;
    expect(await adminFilesProblem({ adminListen, adminTokens })).toBe(wrong);
    expect(await adminFilesProblem({ adminListen })).toBeUndefined();
  });
});

describe("a port that others reach", () => {
  const anywhere = ["0.0.0.0", "::", "10.0.0.1", "serin.example"];
  const loopback = ["127.0.0.1", "127.0.0.2", "::1", "localhost"];

  it("takes tokens, or is not opened", async () => {
    for (const host of anywhere) {
      const problem = openPortProblem({ host, port: 18_001 }, false);
      expect(problem).toContain(`${host}:18001 can be reached from elsewhere`);
      expect(problem).toContain("--admin-tokens FILE");
      expect(openPortProblem({ host, port: 18_001 }, true)).toBeUndefined();
    }
    for (const host of loopback) {
      expect(openPortProblem({ host, port: 18_001 }, false)).toBeUndefined();
    }
    const logger = pino({ level: "silent" });
    const adminListen = { host: "0.0.0.0", port: 0 };
    const surroundings = { logger, metrics: createMetrics() };
    const opened = await openAdminPort({} as AdminSources, { adminListen }, surroundings);
    expect(!opened.ok && opened.error).toContain("can be reached from elsewhere");
  });

  it("warns of tokens in the clear, and of a file that lets nobody in", async () => {
    const adminTokens = write("tokens.yaml", "[]");
    const { lines } = await start({ adminTokens });
    const nobody = "the file of tokens is empty: it lets nobody in";
    expect(lines.map(({ msg }) => msg)).toEqual([nobody]);

    const doubts = (host: string, config: Partial<AdminPortConfig>, tokens = [alice.token]) =>
      doubtsOf({ adminListen: { host, port: 1 }, ...config }, { tokens });
    const adminTls = { certFile: "c", keyFile: "k" };
    const clear = expect.stringContaining("tokens travel in the clear");
    expect(doubts("0.0.0.0", {}, [])).toEqual([clear, nobody]);
    expect(doubts("serin.example", {})).toEqual([clear]);
    expect(doubts("0.0.0.0", { adminTls })).toEqual([]);
    expect(doubts("127.0.0.2", {})).toEqual([]);
  });
});

describe("TLS of the admin port", () => {
  it("has the certificate of the files, and the next one where that fits", async () => {
    const [first, second] = [loopbackCertificate(), loopbackCertificate()];
    const adminTls = {
      certFile: write("cert.pem", first.certificate),
      keyFile: write("key.pem", first.privateKey),
    };
    const { server, reload, lines } = await start({ adminTls });
    const { port } = server.address;
    const presented = (ca: string): Promise<boolean> =>
      new Promise((resolve) => {
        const socket = connect({ port, host: "127.0.0.1", ca }, () => {
          socket.destroy();
          resolve(true);
        });
        socket.once("error", () => resolve(false));
      });
    expect([await presented(first.certificate), await presented(second.certificate)]).toEqual([
      true,
      false,
    ]);

    write("key.pem", second.privateKey);
    await reload("certificate for the admin API not taken");
    expect(await presented(first.certificate)).toBe(true);
    lines.length = 0;
    write("cert.pem", second.certificate);
    await reload("new certificate for the admin API");
    expect([await presented(first.certificate), await presented(second.certificate)]).toEqual([
      false,
      true,
    ]);
  });

  it("ends the start where the files do not fit", async () => {
    const { certificate } = loopbackCertificate();
    const { privateKey } = loopbackCertificate();
    const adminTls = { certFile: write("a.pem", certificate), keyFile: write("b.pem", privateKey) };
    const adminListen = { host: "127.0.0.1", port: 0 };
    expect(await adminFilesProblem({ adminListen, adminTls })).toMatch(
      /^TLS for the admin API: .*do not fit together/,
    );
  });
});
