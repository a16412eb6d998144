/** What is asked of serin alone: that it holds for long, and that a client that hangs costs no other. */
import { startEtcd } from "../test/support/etcd.ts";
import { type Cell, minuteMs, seed, seedFlags } from "./cell.ts";
import { type Figures, numberOf, type Phases, runLoad, type Sample, startHanging } from "./load.ts";
import { type BenchServer, startServer } from "./servers.ts";
import { short, shortSpread, spreadOf } from "./statistics.ts";
import { markdown } from "./tables.ts";

type Load = (flags: readonly string[], limitMs: number) => Promise<Phases>;

interface Stage {
  readonly server: BenchServer;
  /** Runs the load generator on this server. */
  readonly load: Load;
  /** Flags that say where it is and what is in it. */
  readonly flags: readonly string[];
}

async function onStage<T>(cell: Cell, story: (stage: Stage) => Promise<T>): Promise<T> {
  const etcd = await startEtcd();
  try {
    await seed(cell, etcd.endpoint);
    const around = { etcd: etcd.endpoint, shape: cell.shape, tls: undefined };
    const server = await startServer("serin", around);
    try {
      const flags = ["--addr", server.address, "--etcd", etcd.endpoint, ...seedFlags(cell)];
      const load: Load = (more, timeoutMs) =>
        runLoad({
          flags: [
            ...flags,
            ...["--pid", String(server.pid), "--streams", String(cell.streams)],
            ...["--proto", cell.proto, "--timeout", "3m", ...more],
          ],
          timeoutMs,
        });
      return await story({ server, load, flags });
    } finally {
      await server.stop();
    }
  } finally {
    await etcd.stop();
  }
}

/** Changes at `rate` per second for a long time; memory and delays, quarter by quarter. */
export async function soak(cell: Cell, minutes: number, rate: number): Promise<readonly string[]> {
  const held = await onStage(cell, async ({ load }) => {
    const flags = ["--phases", "hold", "--hold", `${minutes}m`, "--rate", String(rate)];
    const phases = await load(flags, (minutes + 15) * minuteMs);
    return phases.get("hold") ?? {};
  });
  const samples = samplesOf(held);
  const rows = [0, 1, 2, 3].map((quarter) => {
    const size = samples.length / 4;
    const part = samples.slice(Math.round(quarter * size), Math.round((quarter + 1) * size));
    const shown = (of: (sample: Sample) => number): string => {
      const spread = spreadOf(part.map(of));
      return spread === undefined ? "" : shortSpread(spread);
    };
    return [
      `${short((quarter * minutes) / 4)}–${short(((quarter + 1) * minutes) / 4)} min`,
      shown(({ rssKB }) => rssKB / 1_000),
      shown(({ p50Ms }) => p50Ms),
      shown(({ p99Ms }) => p99Ms),
    ];
  });
  const figure = (name: string): string => short(numberOf(held, name) ?? Number.NaN);
  return [
    `${cell.streams} streams, ${cell.clusters} clusters, ${rate} changes per second: median (least–most)`,
    "",
    ...markdown(["", "memory, MB", "put to received, p50, ms", "p99, ms"], rows),
    "",
    `${figure("changes")} changes; ${figure("streams")} streams have the last values, ${figure("lastMaxMs")} ms after the last put; ${figure("streamErrors")} streams broke; ${figure("cpuMs")} ms of CPU.`,
  ];
}

const samplesOf = (figures: Figures): readonly Sample[] => {
  const { samples } = figures;
  return Array.isArray(samples) ? samples : [];
};

const hanging = [
  { title: "never reads, from the start", how: "start", stopped: false },
  { title: "never reads, once it has everything", how: "warm", stopped: false },
  { title: "SIGSTOP, once it has everything", how: "warm", stopped: true },
] as const;

/** Delays of all others, with `count` clients that hang and without, in turns. */
export async function stopped(
  cell: Cell,
  rounds: number,
  count: number,
): Promise<readonly string[]> {
  const ratios = new Map<string, number[]>(hanging.map(({ title }) => [title, []]));
  await onStage(cell, async (stage) => {
    // The first run warms the server's code up; each next one stands before and after its neighbours.
    await p99Of(cell, stage);
    let before = await p99Of(cell, stage);
    for (let round = 0; round < rounds; round += 1) {
      for (const one of hanging) {
        const withThem = await beside(stage, one, count, () => p99Of(cell, stage));
        const after = await p99Of(cell, stage);
        ratios.get(one.title)?.push(withThem / ((before + after) / 2));
        before = after;
      }
    }
  });
  const rows = [...ratios].map(([title, values]) => {
    const spread = spreadOf(values);
    return [title, spread === undefined ? "" : shortSpread(spread)];
  });
  return [
    `${count} clients that hang beside ${cell.streams} that read, ${cell.clusters} clusters, ${cell.changes} changes:`,
    "p99 from put to received of those that read, with them to without [most allowed: 1.1]",
    "",
    ...markdown(["", "p99 ratio: median (least–most)"], rows),
  ];
}

async function p99Of(cell: Cell, { load }: Stage): Promise<number> {
  const phases = await load(["--changes", String(cell.changes)], 20 * minuteMs);
  return numberOf(phases.get("change"), "p99Ms") ?? Number.NaN;
}

async function beside<T>(
  { flags }: Stage,
  { how, stopped: stops }: (typeof hanging)[number],
  count: number,
  run: () => Promise<T>,
): Promise<T> {
  const child = await startHanging([...flags, "--streams", String(count)], how);
  try {
    if (stops) child.signal("SIGSTOP");
    return await run();
  } finally {
    await child.kill();
  }
}
