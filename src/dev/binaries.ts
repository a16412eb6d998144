import { err, ok, type Result } from "../lib/result.ts";
import { type BinaryProbes, systemProbes } from "./binary-probes.ts";
import { type BinaryName, type BinarySpec, binarySpecs, installHint } from "./binary-spec.ts";

/**
 * Finds a real Envoy, etcd or etcdctl. Order: the environment variable, PATH, the cache, a download
 * into the cache, Docker. A variable that is set must work: what a user named is never replaced by
 * something else. Every other place that fails is remembered, and told when nothing is found.
 *
 * A binary found in Docker does not see files of this machine (give configuration by argument) and
 * shares the network of the host.
 */
export interface FoundBinary {
  readonly command: string;
  /** Arguments that come before one's own. */
  readonly args: readonly string[];
  readonly version: string;
  readonly how: "env" | "path" | "cache" | "download" | "docker";
}

export const findEnvoy = (probes?: BinaryProbes) => findBinary("envoy", probes);
export const findEtcdctl = (probes?: BinaryProbes) => findBinary("etcdctl", probes);

export async function findBinary(
  name: BinaryName,
  probes: BinaryProbes = systemProbes,
): Promise<Result<FoundBinary, string>> {
  const spec = binarySpecs[name];
  const named = probes.env(spec.variable);
  if (named !== undefined && named !== "") {
    const version = await askVersion(spec, named, [], probes);
    if (version.ok) return ok({ command: named, args: [], version: version.value, how: "env" });
    return err(`${spec.variable}=${named} cannot be used: ${version.error}`);
  }
  const tried: string[] = [];
  for (const place of [onPath, inCache, byDownload, inDocker]) {
    const found = await place(spec, probes);
    if (found.ok) return found;
    tried.push(`  - ${found.error}`);
  }
  return err(
    `${name} was not found. Tried:\n${tried.join("\n")}\n${installHint(spec, probes.platform)}`,
  );
}

type Place = (spec: BinarySpec, probes: BinaryProbes) => Promise<Result<FoundBinary, string>>;

const onPath: Place = async (spec, probes) => {
  const file = await probes.which(spec.name);
  if (file === undefined) return err(`PATH: no ${spec.name}`);
  return usable(spec, file, "path", probes);
};

const inCache: Place = async (spec, probes) => {
  const file = await probes.cached(spec.wheel, spec.name);
  if (file === undefined) return err("cache: empty");
  return usable(spec, file, "cache", probes);
};

const byDownload: Place = async (spec, probes) => {
  const file = await probes.download(spec.wheel, spec.name);
  if (!file.ok) return err(`download: ${file.error}`);
  return usable(spec, file.value, "download", probes);
};

const inDocker: Place = async (spec, probes) => {
  const image = await probes.run("docker", ["image", "inspect", "--format", "{{.Id}}", spec.image]);
  if (!image.ok) return err(`docker: no image ${spec.image}: ${image.error}`);
  const args = ["run", "--rm", "-i", "--init", "--network", "host"];
  args.push("--entrypoint", spec.imageCommand, spec.image);
  const version = await askVersion(spec, "docker", args, probes);
  if (!version.ok) return err(`docker: ${version.error}`);
  return ok({ command: "docker", args, version: version.value, how: "docker" });
};

async function usable(
  spec: BinarySpec,
  file: string,
  how: FoundBinary["how"],
  probes: BinaryProbes,
): Promise<Result<FoundBinary, string>> {
  const version = await askVersion(spec, file, [], probes);
  if (!version.ok) return err(`${how}: ${file}: ${version.error}`);
  return ok({ command: file, args: [], version: version.value, how });
}

/** A file that does not tell its version does not run here: wrong platform, or another program. */
async function askVersion(
  spec: BinarySpec,
  command: string,
  args: readonly string[],
  probes: BinaryProbes,
): Promise<Result<string, string>> {
  const output = await probes.run(command, [...args, ...spec.versionArgs]);
  if (!output.ok) return output;
  const version = spec.versionPattern.exec(output.value)?.[1];
  if (version !== undefined) return ok(version);
  return err(`it does not answer like ${spec.name}: ${output.value.slice(0, 200).trim()}`);
}
