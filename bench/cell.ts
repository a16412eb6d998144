/** One server under one load: what is run, what is left out and why. */
import { type Phases, runLoad, type Shape } from "./load.ts";
import { type BenchServer, type ServerName, type Surroundings, startServer } from "./servers.ts";

export type Kind = "eds" | "rds";

/** The figures of one round, by what the changes were. */
export type Run = ReadonlyMap<Kind, Phases>;

export interface Cell {
  readonly clusters: number;
  readonly streams: number;
  readonly shape: Shape;
  readonly proto: "delta" | "sotw";
  readonly only: readonly string[];
  readonly changes: number;
  readonly churnS: number;
  readonly views: number;
  /** Further flags of the load generator: layers, scopes. */
  readonly loadFlags: readonly string[];
}

/** Why a server is not measured with this load; undefined: it is. */
export function whyNot(
  server: ServerName,
  { clusters, proto, loadFlags }: Cell,
): string | undefined {
  const ours = server.startsWith("serin");
  if (!ours && loadFlags.length > 0) return "has no layers and no scoped routes";
  if (server === "snapshot" && clusters > 1_000) {
    return "each change costs minutes: it compares all resources for every stream";
  }
  if (server === "java" && proto === "delta") return "measured with SotW";
  if (server === "java" && clusters !== 1_000) return "measured with 1,000 clusters";
  return undefined;
}

/** Peers take seconds for a change to many names; so few are enough there. */
const slowAt = 5_000;
const slowChanges = 2;
export const minuteMs = 60_000;

function flagsOf(cell: Cell, server: ServerName): readonly string[] {
  const slow = cell.clusters > slowAt && !server.startsWith("serin");
  return [
    ...seedFlags(cell),
    ...["--streams", String(cell.streams), "--proto", cell.proto],
    ...["--changes", String(slow ? slowChanges : cell.changes)],
    ...["--churn-for", `${cell.churnS}s`, "--churn-limit", slow ? "2m" : "1m"],
    ...["--timeout", slow ? "5m" : "1m"],
  ];
}

/** Of the shape of the data, which writer and streams must agree on. */
export const seedFlags = ({ clusters, shape, views, loadFlags }: Cell): readonly string[] => [
  ...["--clusters", String(clusters), "--shape", shape, "--views", String(views)],
  ...loadFlags,
];

export async function seed(cell: Cell, etcd: string): Promise<void> {
  const flags = ["--seed", "--etcd", etcd, ...seedFlags(cell)];
  await runLoad({ flags, timeoutMs: 2 * minuteMs });
}

/** Starts the server, plays the load against it once for each kind of change, and ends it. */
export async function runCell(name: ServerName, cell: Cell, around: Surroundings): Promise<Run> {
  const server = await startServer(name, around);
  const run = new Map<Kind, Phases>();
  try {
    const all = cell.only.filter((phase) => phase !== "warm");
    run.set("eds", await load(server, name, cell, around, "eds", all));
    if (all.includes("change")) {
      run.set("rds", await load(server, name, cell, around, "rds", ["change"]));
    }
  } finally {
    await server.stop();
  }
  return run;
}

function load(
  server: BenchServer,
  name: ServerName,
  cell: Cell,
  around: Surroundings,
  kind: Kind,
  phases: readonly string[],
): Promise<Phases> {
  const flags = [
    ...["--addr", server.address, "--pid", String(server.pid), "--etcd", around.etcd],
    ...["--kind", kind, "--phases", phases.join(",")],
    ...flagsOf(cell, name),
    ...server.loadFlags,
  ];
  return runLoad({ flags, timeoutMs: 30 * minuteMs });
}
