/**
 * What of all that proxies report is worth telling other replicas: the services that somebody wants
 * judged. Counts of a service begin at zero when that is first wanted, so that what came before is not
 * taken for what has just happened.
 */
import { limits } from "../../config/limits.ts";
import { compareText } from "../../lib/compare-text.ts";
import {
  countsSince,
  type ReplicaCounts,
  type ServiceCounts,
  type SubsetCounts,
} from "./replica-counts.ts";
import type { MetricSum } from "./signal.ts";
import type { LoadTotals } from "./tally.ts";
import { versionName } from "./version-name.ts";

interface Judged {
  readonly sinceMs: number;
  /** By name of the subset. */
  readonly subsets: Map<string, Subset>;
}

interface Subset {
  /** The totals as they were last. */
  last: SubsetCounts;
  /** Since the service is judged. */
  sum: SubsetCounts;
}

export class JudgedCounts {
  readonly #start: string;
  readonly #services = new Map<string, Judged>();
  #seq = 0;

  /** `start` is this process's alone. */
  constructor(start: string) {
    this.#start = start;
  }

  /** Whether no service is judged. */
  get isIdle(): boolean {
    return this.#services.size === 0;
  }

  /** Says which services are judged from now on; returns those for which there is no room. */
  judge(wanted: ReadonlySet<string>, totals: LoadTotals, nowMs: number): readonly string[] {
    for (const service of this.#services.keys()) {
      if (!wanted.has(service)) this.#services.delete(service);
    }
    const added = [...wanted].filter((service) => !this.#services.has(service)).sort(compareText);
    const room = limits.load.services - this.#services.size;
    const taken = new Map<string, Judged>();
    for (const service of added.slice(0, room)) {
      taken.set(service, { sinceMs: nowMs, subsets: new Map() });
    }
    // What there is of them already is from before.
    if (taken.size > 0) takeIn(totals, taken, (counts) => counts);
    for (const [service, judged] of taken) this.#services.set(service, judged);
    return added.slice(room);
  }

  /** What is to be told now. */
  next(totals: LoadTotals, nowMs: number): ReplicaCounts {
    this.#seq += 1;
    takeIn(totals, this.#services, () => undefined);
    const services = new Map<string, ServiceCounts>();
    for (const [service, { sinceMs, subsets }] of this.#services) {
      const sums = new Map([...subsets].map(([name, { sum }]) => [name, sum]));
      services.set(service, { forMs: nowMs - sinceMs, subsets: sums });
    }
    const { reporters, oldestAtMs } = totals;
    const ageMs = oldestAtMs === undefined ? undefined : Math.max(0, nowMs - oldestAtMs);
    return { start: this.#start, seq: this.#seq, reporters, ageMs, services };
  }
}

/**
 * Adds what has come; `before` is what a subset that is new had already. One that the totals have forgotten
 * makes room, or no version would be counted any more after so many releases.
 */
function takeIn(
  { clusters }: LoadTotals,
  services: ReadonlyMap<string, Judged>,
  before: (counts: SubsetCounts) => SubsetCounts | undefined,
): void {
  const seen = new Set<SubsetCounts>();
  for (const counts of clusters) {
    const { service = "", subset = "" } = versionName(counts.cluster) ?? {};
    const subsets = services.get(service)?.subsets;
    if (subsets === undefined) continue;
    const known = subsets.get(subset);
    if (known === undefined && subsets.size >= limits.load.subsetsPerService) continue;
    const since = countsSince(known?.last ?? before(counts), counts);
    subsets.set(subset, { last: counts, sum: plus(known?.sum, since) });
    seen.add(counts);
  }
  for (const { subsets } of services.values()) {
    for (const [name, { last }] of subsets) if (!seen.has(last)) subsets.delete(name);
  }
}

function plus(before: SubsetCounts | undefined, more: SubsetCounts): SubsetCounts {
  const metrics = new Map(before?.metrics);
  for (const [name, { count, total }] of more.metrics) {
    const sum = metrics.get(name) ?? noSum;
    const isRoom = metrics.has(name) || metrics.size < limits.load.metricsPerSubset;
    // A backend may report anything as a figure, and a sum with it would be none any more.
    if (!isRoom || !Number.isFinite(sum.total + total)) continue;
    metrics.set(name, { count: sum.count + count, total: sum.total + total });
  }
  const { ok = 0, errors = 0 } = before ?? {};
  const { inProgress } = more;
  return { ok: ok + more.ok, errors: errors + more.errors, inProgress, metrics };
}

const noSum: MetricSum = { count: 0, total: 0 };
