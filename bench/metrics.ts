/** The figures that are reported, where they are found, and what is expected of serin. */
import type { Kind, Run } from "./cell.ts";
import { numberOf } from "./load.ts";

/** Limits by number of clusters. */
type ByClusters = Readonly<Record<number, number>>;

export interface Metric {
  readonly title: string;
  readonly unit: "ms" | "µs" | "B" | "kB" | "";
  readonly kind: Kind;
  readonly phase: string;
  readonly figure: string;
  /** Most that serin may have, as a part of what LinearCache has in the same round. */
  readonly ratio?: ByClusters;
  /** Most that serin may have. */
  readonly most?: ByClusters;
  /** In the unit, from what the load generator tells. */
  readonly scale?: number;
}

const same = (value: number): ByClusters => ({ 100: value, 1000: value, 10000: value });
const upTo = (small: number, middle: number, large: number): ByClusters => {
  return { 100: small, 1000: middle, 10000: large };
};

const changeOf = (kind: Kind, title: string): readonly Metric[] => {
  const at = { kind, phase: "change" } as const;
  return [
    {
      ...at,
      title: `${title}: put to received, p50`,
      unit: "ms",
      figure: "p50Ms",
      ratio: upTo(1.1, 0.04, 0.005),
    },
    {
      ...at,
      title: `${title}: put to received, p99`,
      unit: "ms",
      figure: "p99Ms",
      ratio: upTo(1.1, 0.05, 0.005),
    },
    {
      ...at,
      title: `${title}: CPU per stream and change`,
      unit: "µs",
      figure: "cpuUsPerStreamChange",
      ratio: upTo(1.1, 0.05, 0.004),
    },
    {
      ...at,
      title: `${title}: bytes per stream and change`,
      unit: "B",
      figure: "bytesPerStreamChange",
      most: same(280),
    },
    {
      ...at,
      title: `${title}: messages per stream and change`,
      unit: "",
      figure: "messagesPerStreamChange",
      most: same(1),
    },
  ];
};

export const metrics: readonly Metric[] = [
  {
    title: "warm-up of all streams, wall",
    unit: "ms",
    kind: "eds",
    phase: "warm",
    figure: "maxMs",
    ratio: upTo(1.1, 0.45, 0.18),
  },
  {
    title: "warm-up of all streams, CPU",
    unit: "ms",
    kind: "eds",
    phase: "warm",
    figure: "cpuMs",
    ratio: upTo(1.1, 0.35, 0.13),
  },
  {
    title: "warm-up, received per stream",
    unit: "kB",
    kind: "eds",
    phase: "warm",
    figure: "bytesPerStream",
    scale: 1e-3,
  },
  {
    title: "memory per stream",
    unit: "kB",
    kind: "eds",
    phase: "warm",
    figure: "rssPerStreamKB",
    most: upTo(110, 110, 180),
  },
  {
    title: "memory before the first stream",
    unit: "kB",
    kind: "eds",
    phase: "warm",
    figure: "rssIdleKB",
  },
  ...changeOf("eds", "endpoint weight"),
  ...changeOf("rds", "split weight"),
  {
    title: "all reconnect, nothing changed: received per stream",
    unit: "B",
    kind: "eds",
    phase: "reconnect",
    figure: "bytesPerStream",
    most: same(200),
  },
  {
    title: "all reconnect, nothing changed: CPU",
    unit: "ms",
    kind: "eds",
    phase: "reconnect",
    figure: "cpuMs",
    ratio: upTo(1.1, 0.35, 0.18),
  },
  {
    title: "churn: until all have the last value",
    unit: "ms",
    kind: "eds",
    phase: "churn",
    figure: "lastMaxMs",
    ratio: upTo(1.1, 0.05, 0.02),
  },
  {
    title: "churn: age of values on receipt, p99",
    unit: "ms",
    kind: "eds",
    phase: "churn",
    figure: "ageP99Ms",
  },
  {
    title: "churn: messages per stream",
    unit: "",
    kind: "eds",
    phase: "churn",
    figure: "messagesPerStream",
  },
  { title: "churn: CPU", unit: "ms", kind: "eds", phase: "churn", figure: "cpuMs" },
];

/** Undefined where it was not measured. */
export function figureOf(metric: Metric, run: Run | undefined): number | undefined {
  const value = numberOf(run?.get(metric.kind)?.get(metric.phase), metric.figure);
  return value === undefined ? undefined : value * (metric.scale ?? 1);
}

/** Where streams were left without the last value, the time is only a lower bound. */
export function isCutOff(metric: Metric, run: Run | undefined, streams: number): boolean {
  const figures = run?.get(metric.kind)?.get(metric.phase);
  return metric.figure === "lastMaxMs" && numberOf(figures, "streams") !== streams;
}
