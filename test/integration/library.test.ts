/**
 * serin as a library, as a user has it: packed, unpacked into another project, and run there by node
 * in front of a real Envoy. Besides the example of the guide, what only real proxies can show.
 */
import { execFile, spawn } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { envoyBootstrap } from "../../src/cli/bootstrap-template.ts";
import {
  createSnapshot,
  type NackEvent,
  resource,
  SnapshotCache,
  typeUrls,
  XdsServer,
} from "../../src/index.ts";
import { requireBinary, unwrap } from "../support/binaries.ts";
import { startEchoBackend } from "../support/echo-backend.ts";
import { type Envoy, startEnvoy } from "../support/envoy.ts";
import { freePort } from "../support/ports.ts";
import { freshFolder } from "../support/tmp.ts";
import { eventually } from "../support/wait.ts";

const project = fileURLToPath(new URL("../../", import.meta.url));
const run = promisify(execFile);

/** A project beside that has serin from its tarball, and links to what that depends on. */
async function installed(): Promise<string> {
  const folder = freshFolder("library");
  const pack = ["pack", "--ignore-scripts", "--json", "--pack-destination", folder];
  const { stdout } = await run("npm", pack, { cwd: project });
  const [{ filename = "" } = {}] = JSON.parse(stdout) as readonly { filename?: string }[];
  const modules = join(folder, "node_modules");
  mkdirSync(join(modules, "serin"), { recursive: true });
  const unpack = ["xzf", join(folder, filename), "-C", join(modules, "serin")];
  await run("tar", [...unpack, "--strip-components", "1"]);
  const manifest = JSON.parse(readFileSync(join(modules, "serin/package.json"), "utf8")) as {
    readonly dependencies: Readonly<Record<string, string>>;
  };
  for (const name of [...Object.keys(manifest.dependencies), "@types/node", "undici-types"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(project, "node_modules", name), join(modules, name));
  }
  cpSync(join(project, "docs/library/serve.mjs"), join(folder, "serve.mjs"));
  writeFileSync(join(folder, "package.json"), '{"type":"module"}');
  return folder;
}

async function envoyAt(xdsPort: number, nodeId: string, cluster: string): Promise<Envoy> {
  const servers = [{ host: "127.0.0.1", port: xdsPort }];
  const bootstrap = envoyBootstrap({ nodeId, cluster, mode: "delta", servers });
  const envoy = await startEnvoy({ bootstrap });
  await envoy.ready();
  return envoy;
}

describe("the package", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await installed();
  });

  it("has types that a strict project takes", async () => {
    const options = { strict: true, module: "nodenext", target: "es2023", noEmit: true };
    const stricter = { noUncheckedIndexedAccess: true, exactOptionalPropertyTypes: true };
    const given = { allowJs: true, checkJs: true, types: ["node"] };
    const compilerOptions = { ...options, ...stricter, ...given };
    const tsconfig = join(folder, "tsconfig.json");
    writeFileSync(join(folder, "user.ts"), user);
    writeFileSync(tsconfig, JSON.stringify({ compilerOptions, files: ["serve.mjs", "user.ts"] }));
    const tsc = join(project, "node_modules/typescript/bin/tsc");
    const { stdout } = await run("node", [tsc, "-p", tsconfig]);
    expect(stdout).toBe("");
  });

  it("documents whatever it exports", async () => {
    const typedoc = join(project, "node_modules/typedoc/bin/typedoc");
    await run("node", [typedoc, "--out", join(folder, "api")], { cwd: project });
    expect(readFileSync(join(folder, "api/index.html"), "utf8")).toContain("serin");
  });

  it("has an example that is short", () => {
    const lines = readFileSync(join(folder, "serve.mjs"), "utf8").split("\n");
    const code = lines.filter((line) => !/^\s*(?:$|\/\/|\/\*\*.*\*\/$)/.test(line));
    expect(code.length).toBeLessThanOrEqual(30);
  });

  it.each(["delta", "sotw"])(
    "runs the guide's example, by its own lines, with Envoy (%s)",
    async (mode) => {
      const guide = inShort();
      const backends = await Promise.all(["one", "two"].map(startEchoBackend));
      const [one, two] = backends.map(({ port }) => `127.0.0.1:${port}`);
      const xdsPort = await freePort();
      const lines: string[] = [];
      const server = spawn("node", [guide.program, `${one}`, String(xdsPort), "0"], {
        cwd: folder,
      });
      server.stdout.on("data", (text: Buffer) => lines.push(...text.toString().trim().split("\n")));
      server.stderr.on("data", (text: Buffer) => lines.push(`error: ${text}`));
      let envoy: Envoy | undefined;
      try {
        const bootstrap = [...guide.bootstrap, `--${mode}`, "--server", `127.0.0.1:${xdsPort}`];
        const serin = ["node_modules/serin/dist/main.js", "bootstrap", ...bootstrap];
        const { stdout } = await run("node", serin, { cwd: folder });
        writeFileSync(join(folder, guide.file), stdout);
        await run((await requireBinary("envoy")).command, [...guide.envoy, ...validating], {
          cwd: folder,
        });
        envoy = await startEnvoy({ bootstrap: stdout });
        // Before it gives up on anything: that takes 15 s.
        await envoy.ready(10_000);
        const port = await envoy.listenerPort("http");
        expect(await backendAt(port)).toBe("one");
        server.stdin.write(`${two}\n`);
        await eventually(() => lines.length > 0, { what: "an answer" });
        expect(lines).toEqual([`${two} applied`]);
        expect(await backendAt(port)).toBe("two");
      } finally {
        server.kill("SIGKILL");
        await envoy?.stop();
        await Promise.all(backends.map((backend) => backend.close()));
      }
    },
  );
});

/** What a user writes without a cast. */
const user = `
import { type messages, connectedProxy, resource, SnapshotCache, typeUrls, XdsServer } from "serin";
const timeout: messages.Duration = { seconds: 1 };
const message: messages.Cluster = { name: "a", connect_timeout: timeout };
const told: string | undefined = process.env["VERSION"];
const cache = new SnapshotCache({ groupOf: ({ node }) => node.metadata.get("zone") });
const group = cache.groupOf(connectedProxy({ id: "a", metadata: { zone: "z" } })) ?? "";
cache.setResource(group, resource.cluster(message, { version: told }));
const size: number | undefined = cache.snapshot(group)?.table("type.googleapis.com/a.B").size;
new XdsServer(cache).progress(group, "type.googleapis.com/a.B", size ?? 0);
cache.deleteResource(group, { typeUrl: typeUrls.loadAssignment, name: "a" });
`;

const validating = ["--mode", "validate", "--disable-hot-restart"];

/** What the guide says to type: the program, the flags of `serin bootstrap`, and Envoy's. */
function inShort() {
  const guide = readFileSync(join(project, "docs/library.md"), "utf8");
  const [, program = ""] = /^ {4}node (\S+) 127\.0\.0\.1:8081$/m.exec(guide) ?? [];
  const [, flags = "", file = "", envoy = ""] =
    /^ {4}npx serin bootstrap (.+) > (\S+) && envoy (.+)$/m.exec(guide) ?? [];
  expect(guide).toMatch(/^ {4}curl 127\.0\.0\.1:10000\/$/m);
  expect(envoy).toBe(`-c ${file}`);
  return { program, bootstrap: flags.split(" "), file, envoy: envoy.split(" ") };
}

async function backendAt(port: number): Promise<string> {
  const answer = await fetch(`http://127.0.0.1:${port}/`);
  return ((await answer.json()) as { readonly backend: string }).backend;
}

describe("two groups of real Envoys", () => {
  const nacks: NackEvent[] = [];
  const cache = new SnapshotCache({ groupOf: ({ node }) => node.cluster });
  const server = new XdsServer(cache, { callbacks: { nacked: (event) => nacks.push(event) } });
  const envoys: Envoy[] = [];
  const cluster = (name: string, seconds = 1) =>
    resource.cluster({ name, type: "STATIC", connect_timeout: { seconds } });
  const versions = (version: string) => ({ versions: { [typeUrls.cluster]: version } });

  beforeAll(async () => {
    cache.setSnapshot("edge", createSnapshot([cluster("a"), cluster("b")], versions("v1")));
    cache.setSnapshot("inside", createSnapshot([cluster("c")]));
    const { port } = unwrap(await server.listen({ host: "127.0.0.1", port: 0 }));
    for (const [id, group] of [
      ["edge-1", "edge"],
      ["edge-2", "edge"],
      ["inside-1", "inside"],
    ] as const) {
      envoys.push(await envoyAt(port, id, group));
    }
  });
  afterAll(async () => {
    await Promise.all(envoys.map((envoy) => envoy.stop()));
    await server.drain();
  });

  const clustersOf = async (envoy: Envoy | undefined): Promise<readonly string[]> => {
    const { cluster_statuses = [] } = (await envoy?.clusters()) ?? {};
    const own = cluster_statuses.filter(({ added_via_api }) => added_via_api);
    return own.map(({ name }) => name).sort();
  };

  it("each has its own, under the user's versions", async () => {
    expect(await server.applied("edge", { streams: 2 })).toMatchObject({ outcome: "applied" });
    expect(await server.applied("inside", { streams: 1 })).toMatchObject({ outcome: "applied" });
    expect(await Promise.all(envoys.map(clustersOf))).toEqual([["a", "b"], ["a", "b"], ["c"]]);
    const dump = JSON.stringify(await envoys[0]?.configDump());
    expect(dump).toContain('"version_info":"v1"');
  });

  it("what has not changed keeps the version that it came with, in what Envoy dumps", async () => {
    cache.update("edge", { puts: [cluster("b", 2)], ...versions("v2") });
    expect(await server.applied("edge", { streams: 2 })).toMatchObject({ outcome: "applied" });
    const dump = JSON.stringify(await envoys[0]?.configDump());
    const versionOf = (name: string) =>
      new RegExp(`"version_info":"(\\w+)","cluster":{[^{}]*"name":"${name}"`).exec(dump)?.[1];
    expect(["a", "b"].map(versionOf)).toEqual(["v1", "v2"]);
  });

  it("a single resource goes to its group alone", async () => {
    cache.setResource("edge", cluster("d"));
    const { outcome, streams } = await server.applied("edge");
    expect([outcome, streams]).toEqual(["applied", 2]);
    expect(await Promise.all(envoys.map(clustersOf))).toEqual([
      ["a", "b", "d"],
      ["a", "b", "d"],
      ["c"],
    ]);
  });

  it("a rejection is told, of each Envoy, and mended by the next change", async () => {
    const bad = resource.cluster({ name: "bad", type: "EDS" });
    cache.setResource("edge", bad);
    const refused = await server.applied("edge");
    expect(refused.outcome).toBe("rejected");
    expect(refused.behind.map(({ stream }) => stream.node?.id).sort()).toEqual([
      "edge-1",
      "edge-2",
    ]);
    expect(nacks.map(({ node }) => node.id).sort()).toEqual(["edge-1", "edge-2"]);
    expect(nacks[0]?.message).toContain("bad");
    cache.setResource("edge", cluster("bad", 2));
    expect((await server.applied("edge")).outcome).toBe("applied");
    expect((await server.applied()).streams).toBe(3);
  });
});
