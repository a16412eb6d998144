/**
 * `npm run bench:quick`: what a change and a reconnection cost, in bytes, messages, encodings, names
 * and memory: counts, which are the same on every machine. Prints each with its bound; the exit code
 * is 1 when one is broken. Needs a heap that is not collected meanwhile: see the script's flags.
 */
import { countLookups } from "./lookups.ts";
import { endpointWeight, QuickLab, splitWeight, type Traffic } from "./quick-lab.ts";
import { type Guard, isBroken, quickReport } from "./quick-report.ts";

/** One kind of change. */
interface Change {
  readonly title: string;
  readonly put: (round: number) => readonly [string, Uint8Array];
}

const targets = 10;

// Values of one size, each another one than before.
const changes: readonly Change[] = [
  {
    title: "endpoint weight",
    put: (round) => endpointWeight(round % targets, 0, 1_000 + round),
  },
  {
    title: "split weight",
    put: (round) => splitWeight(round % targets, 1_000 + round),
  },
];

/** What one change costs all proxies together. */
interface Cost extends Traffic {
  readonly lookups: number;
  readonly allocated: number;
}

const warmUp = 30;
const measured = 20;

function collect(): void {
  if (globalThis.gc === undefined) throw new Error("run node with --expose-gc");
  globalThis.gc();
}

async function costOf(lab: QuickLab, { put }: Change, from: number): Promise<Cost> {
  let round = from;
  const next = (): Promise<void> => {
    round += 1;
    return lab.put(put(round));
  };
  for (let i = 0; i < warmUp; i += 1) await next();
  const before = lab.traffic;
  for (let i = 0; i < measured; i += 1) await next();
  const after = lab.traffic;
  const lookups = await countLookups(next);
  collect();
  const heap = process.memoryUsage().heapUsed;
  for (let i = 0; i < measured; i += 1) await next();
  const allocated = process.memoryUsage().heapUsed - heap;
  return {
    bytes: (after.bytes - before.bytes) / measured,
    messages: (after.messages - before.messages) / measured,
    encodings: (after.encodings - before.encodings) / measured,
    lookups,
    allocated: allocated / measured,
  };
}

/** All that is counted at one size. */
interface Size {
  readonly costs: readonly Cost[];
  readonly reconnectBytes: number;
  readonly reconnectEncodings: number;
  /** Bytes that are left of a change of each kind, all streams together. */
  readonly retained: number;
}

type Sizes = Readonly<Record<"few" | "wide" | "many" | "all", Size>>;

async function measure(clusters: number, streams: number): Promise<Size> {
  const lab = new QuickLab(clusters / 2);
  try {
    await lab.connect(streams);
    const costs: Cost[] = [];
    let from = 0;
    for (const change of changes) {
      costs.push(await costOf(lab, change, from));
      from += 1_000;
    }
    const retained = await retainedBy(lab, from);
    const before = lab.traffic;
    await lab.reconnect();
    const { bytes, encodings } = lab.traffic;
    return {
      costs,
      retained,
      reconnectBytes: (bytes - before.bytes) / streams,
      reconnectEncodings: encodings - before.encodings,
    };
  } finally {
    await lab.close();
  }
}

async function retainedBy(lab: QuickLab, from: number): Promise<number> {
  const rounds = 100;
  collect();
  const before = process.memoryUsage().heapUsed;
  for (let round = 1; round <= rounds; round += 1) {
    for (const { put } of changes) await lab.put(put(from + round));
  }
  collect();
  return (process.memoryUsage().heapUsed - before) / rounds;
}

/** The part of a figure that each stream adds. */
const perStream = (few: number, many: number): number => (many - few) / (streamsMany - streamsFew);

function guardsOf(change: Change, kind: number, { few, wide, many, all }: Sizes): readonly Guard[] {
  const [a, b, c, d] = [few, wide, many, all].map(({ costs }) => costs[kind]);
  if (!a || !b || !c || !d) throw new Error("not measured");
  const { title } = change;
  // What the server does once, whatever the streams, goes over all services.
  const once = (small: Cost, large: Cost): number =>
    small.lookups - perStream(small.lookups, large.lookups) * streamsFew;
  const perCluster = (once(b, d) - once(a, c)) / (clustersWide - clustersFew);
  return [
    { title: `${title}: bytes per stream`, value: d.bytes / streamsMany, most: 280 },
    { title: `${title}: messages per stream`, value: d.messages / streamsMany, most: 1 },
    { title: `${title}: encodings`, value: a.encodings, most: 1 },
    { title: `${title}: encodings, more streams and clusters`, value: d.encodings, most: 1 },
    {
      title: `${title}: names looked at per stream`,
      value: perStream(a.lookups, c.lookups),
      most: 30,
    },
    {
      title: `${title}: the same with more clusters`,
      value: perStream(b.lookups, d.lookups),
      most: 30,
    },
    { title: `${title}: names looked at once, per cluster there is`, value: perCluster, most: 10 },
    {
      title: `${title}: heap allocated per stream, bytes`,
      value: perStream(a.allocated, c.allocated),
      most: 7_000,
    },
  ];
}

const [clustersFew, clustersWide, streamsFew, streamsMany] = [100, 1_000, 50, 250];

const few = await measure(clustersFew, streamsFew);
const wide = await measure(clustersWide, streamsFew);
const many = await measure(clustersFew, streamsMany);
const all = await measure(clustersWide, streamsMany);
const guards: readonly Guard[] = [
  ...changes.flatMap((change, kind) => guardsOf(change, kind, { few, wide, many, all })),
  { title: "reconnection unchanged: bytes per stream", value: all.reconnectBytes, most: 0 },
  { title: "reconnection unchanged: encodings", value: all.reconnectEncodings, most: 0 },
  {
    title: "heap kept per stream of two changes, bytes",
    // Less than nothing is what the collector had not found before.
    value: Math.max(0, perStream(few.retained, many.retained)),
    most: 64,
  },
];
const sizes = { streams: [streamsFew, streamsMany], clusters: [clustersFew, clustersWide] };
const lines = quickReport(guards, sizes, process.uptime());
process.stdout.write(`${lines.join("\n")}\n`);
if (guards.some(isBroken)) process.exitCode = 1;
