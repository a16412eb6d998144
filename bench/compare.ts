/** Servers in turns, round by round, so that what else the machine does meets all of them alike. */
import { type Etcd, startEtcd } from "../test/support/etcd.ts";
import { type Cell, type Run, runCell, seed, whyNot } from "./cell.ts";
import type { ServerName } from "./servers.ts";
import { type Column, comparisonTables } from "./tables.ts";
import type { BenchTls } from "./tls.ts";

export interface Comparison {
  readonly cells: readonly Cell[];
  readonly servers: readonly ServerName[];
  readonly rounds: number;
  readonly tls: BenchTls | undefined;
  readonly say: (line: string) => void;
}

export async function compare(comparison: Comparison): Promise<readonly string[]> {
  const columns: Column[] = [];
  for (const cell of comparison.cells) {
    // A fresh etcd for each size: churn leaves a long history behind.
    const etcd = await startEtcd();
    try {
      columns.push(...(await compareCell(cell, comparison, etcd)));
    } finally {
      await etcd.stop();
    }
  }
  return comparisonTables(columns);
}

async function compareCell(
  cell: Cell,
  comparison: Comparison,
  etcd: Etcd,
): Promise<readonly Column[]> {
  const { clusters, streams } = cell;
  const { servers, rounds } = comparison;
  const runs = new Map<ServerName, Run[]>(servers.map((server) => [server, []]));
  const failures = new Map<ServerName, string>();
  await seed(cell, etcd.endpoint);
  for (let round = 1; round <= rounds; round += 1) {
    for (const server of servers) {
      if (whyNot(server, cell) !== undefined || failures.has(server)) continue;
      const title = `${clusters} clusters, round ${round}/${rounds}, ${server}`;
      const run = await runOnce(server, cell, comparison, { etcd, title });
      if (typeof run === "string") failures.set(server, run);
      else runs.get(server)?.push(run);
    }
  }
  return servers.map((server) => ({
    server,
    clusters,
    streams,
    rounds: runs.get(server) ?? [],
    skipped: whyNot(server, cell) ?? failures.get(server)?.split("\n")[0],
  }));
}

/** The figures, or why there are none: the others go on. */
async function runOnce(
  server: ServerName,
  cell: Cell,
  { tls, say }: Comparison,
  { etcd, title }: { readonly etcd: Etcd; readonly title: string },
): Promise<Run | string> {
  const startMs = performance.now();
  const seconds = (): number => Math.round((performance.now() - startMs) / 1_000);
  try {
    const run = await runCell(server, cell, { etcd: etcd.endpoint, shape: cell.shape, tls });
    say(`${title}: ${seconds()} s`);
    return run;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    say(`${title}: failed after ${seconds()} s: ${why}`);
    return why;
  }
}
