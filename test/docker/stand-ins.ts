import { cpSync, existsSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";
import { requireBinary } from "../support/binaries.ts";
import { run } from "./command.ts";
import { copyInto, fillRootfs, type Programs, writeText } from "./rootfs.ts";

const askMs = 20_000;

/**
 * Fills `rootfs` with the stand-in for a published image, made of this machine's own programs, and
 * returns the changes that `docker import` makes to its configuration.
 *
 * A stand-in proves the wiring (names, ports, commands, health checks) and the Dockerfile; it proves
 * nothing about the published image. The etcd in it may be 3.5.1, older than the one published.
 */
export async function fillStandIn(
  variable: string,
  rootfs: string,
  projectFolder: string,
): Promise<readonly string[]> {
  switch (variable) {
    case "SERIN_ETCD_IMAGE": {
      const etcd = await requireBinary("etcd");
      const etcdctl = await requireBinary("etcdctl");
      await fillRootfs(rootfs, {
        [etcd.command]: "/usr/local/bin/etcd",
        [etcdctl.command]: "/usr/local/bin/etcdctl",
      });
      return [];
    }
    case "SERIN_ENVOY_IMAGE": {
      const envoy = await requireBinary("envoy");
      await fillRootfs(rootfs, { [envoy.command]: "/usr/local/bin/envoy", ...system(["bash"]) });
      return [];
    }
    case "SERIN_NODE_IMAGE":
      return fillNode(rootfs, projectFolder);
    default:
      throw new Error(`no stand-in is known for ${variable}`);
  }
}

/** As in the official image: node, npm, a shell. Where npm fetches from is this machine's choice. */
async function fillNode(rootfs: string, projectFolder: string): Promise<readonly string[]> {
  const npm = dirname(dirname(realpathSync(join(dirname(process.execPath), "npm"))));
  await fillRootfs(rootfs, {
    [process.execPath]: "/usr/local/bin/node",
    ...system(["sh", "env", "cat", "ls", "mkdir", "cp", "rm", "uname", "install"]),
  });
  const lib = "/usr/local/lib/node_modules/npm";
  cpSync(npm, join(rootfs, lib), { recursive: true, dereference: true });
  writeText(rootfs, "/usr/local/bin/npm", `#!/bin/sh\nexec node ${lib}/bin/npm-cli.js "$@"\n`);
  await run("chmod", ["755", join(rootfs, "usr/local/bin/npm")], { timeoutMs: askMs });

  const ask = async (name: string): Promise<string> => {
    const options = { cwd: projectFolder, timeoutMs: askMs };
    return (
      await run(process.execPath, [join(npm, "bin/npm-cli.js"), "config", "get", name], options)
    ).trim();
  };
  const settings = [`registry=${await ask("registry")}`];
  const changes: string[] = [];
  const authorities = [await ask("cafile"), process.env["NODE_EXTRA_CA_CERTS"] ?? ""].find(
    existsSync,
  );
  if (authorities !== undefined) {
    const bundle = "/etc/ssl/certs/npm-registry.crt";
    copyInto(rootfs, authorities, bundle);
    settings.push(`cafile=${bundle}`);
    changes.push(`ENV NODE_EXTRA_CA_CERTS=${bundle}`);
  }
  writeText(rootfs, "/usr/local/etc/npmrc", `${settings.join("\n")}\n`);
  return changes;
}

function system(names: readonly string[]): Programs {
  return Object.fromEntries(
    names.map((name) => {
      const file = ["/usr/bin", "/bin"].map((folder) => join(folder, name)).find(existsSync);
      if (file === undefined) throw new Error(`a stand-in image needs ${name}, which is not here`);
      return [file, `/usr/bin/${name}`];
    }),
  );
}
