/**
 * The value of `status/load/<replica>` as JSON. Reading is total and bounded: what is wrong is a reason,
 * and the value is ignored. Fields that are not known are left out, since a newer release may write
 * more.
 */
import { limits } from "../../config/limits.ts";
import { compareText } from "../../lib/compare-text.ts";
import { parsedJson } from "../../lib/parsed-json.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import type { ReplicaCounts, ServiceCounts, SubsetCounts } from "./replica-counts.ts";
import type { MetricSum } from "./signal.ts";

export interface Encoded {
  readonly value: Uint8Array;
  /** Services that did not fit. */
  readonly leftOut: readonly string[];
}

/** Services in the order of their names, so that it is always the same ones that fit. */
export function encodeReplica(counts: ReplicaCounts, maxBytes: number): Encoded {
  const { start, seq, reporters, ageMs, sameUntil } = counts;
  const rest = {
    ...(ageMs !== undefined && { ageMs: Math.round(ageMs) }),
    ...(sameUntil && { sameUntil: { ...sameUntil, agoMs: Math.round(sameUntil.agoMs) } }),
  };
  const head = JSON.stringify({ start, seq, reporters, ...rest }).slice(0, -1);
  const parts: string[] = [];
  const leftOut: string[] = [];
  let bytes = Buffer.byteLength(`${head},"services":{}}`);
  for (const [name, service] of [...counts.services].sort(([a], [b]) => compareText(a, b))) {
    const part = `${JSON.stringify(name)}:${JSON.stringify(serviceJson(service))}`;
    const more = Buffer.byteLength(part) + 1;
    if (bytes + more > maxBytes) {
      leftOut.push(name);
      continue;
    }
    bytes += more;
    parts.push(part);
  }
  return { value: Buffer.from(`${head},"services":{${parts.join(",")}}}`), leftOut };
}

function serviceJson({ forMs, subsets }: ServiceCounts): object {
  const entries = [...subsets].map(([name, { ok, errors, inProgress, metrics }]) => {
    const more = metrics.size === 0 ? {} : { metrics: Object.fromEntries(metrics) };
    return [name, { ok, errors, inProgress, ...more }] as const;
  });
  return { forMs: Math.round(forMs), subsets: Object.fromEntries(entries) };
}

/** The error is one sentence that says what is wrong, and where. */
export function decodeReplica(value: Uint8Array): Result<ReplicaCounts, string> {
  if (value.byteLength > limits.load.valueBytes) {
    return err(`${value.byteLength} bytes; ${limits.load.valueBytes} are allowed`);
  }
  try {
    return ok(replica(parsed(value)));
  } catch (error) {
    if (error instanceof Wrong) return err(error.message);
    throw error;
  }
}

/** Thrown and caught in this file alone. */
class Wrong extends Error {}

function parsed(value: Uint8Array): unknown {
  const json = parsedJson(value);
  if (json === undefined) throw new Wrong("the value is no JSON");
  return json;
}

function replica(json: unknown): ReplicaCounts {
  const fields = object(json, "the value");
  const ageMs = fields["ageMs"] === undefined ? undefined : duration(fields["ageMs"], "ageMs");
  const same = fields["sameUntil"];
  return {
    start: name(fields["start"], "start"),
    seq: count(fields["seq"], "seq"),
    reporters: count(fields["reporters"], "reporters"),
    ageMs,
    ...(same !== undefined && { sameUntil: sameUntil(same, "sameUntil") }),
    services: mapOf(fields["services"], "services", limits.load.services, serviceCounts),
  };
}

function sameUntil(json: unknown, path: string): ReplicaCounts["sameUntil"] {
  const { seq, agoMs } = object(json, path);
  return { seq: count(seq, `${path}.seq`), agoMs: duration(agoMs, `${path}.agoMs`) };
}

function serviceCounts(json: unknown, path: string): ServiceCounts {
  const fields = object(json, path);
  const most = limits.load.subsetsPerService;
  return {
    forMs: duration(fields["forMs"], `${path}.forMs`),
    subsets: mapOf(fields["subsets"], `${path}.subsets`, most, subsetCounts),
  };
}

function subsetCounts(json: unknown, path: string): SubsetCounts {
  const fields = object(json, path);
  const { metrics = {} } = fields;
  return {
    ok: count(fields["ok"], `${path}.ok`),
    errors: count(fields["errors"], `${path}.errors`),
    inProgress: count(fields["inProgress"], `${path}.inProgress`),
    metrics: mapOf(metrics, `${path}.metrics`, limits.load.metricsPerSubset, metricSum),
  };
}

function metricSum(json: unknown, path: string): MetricSum {
  const fields = object(json, path);
  const total = fields["total"];
  if (typeof total !== "number" || !Number.isFinite(total)) {
    throw new Wrong(`${path}.total is no number`);
  }
  return { count: count(fields["count"], `${path}.count`), total };
}

function mapOf<T>(
  json: unknown,
  path: string,
  most: number,
  read: (json: unknown, path: string) => T,
): ReadonlyMap<string, T> {
  const entries = Object.entries(object(json, path));
  if (entries.length > most) throw new Wrong(`${path} has ${entries.length} of ${most} at most`);
  return new Map(entries.map(([key, each]) => [name(key, path), read(each, `${path}.${key}`)]));
}

function object(json: unknown, path: string): Readonly<Record<string, unknown>> {
  if (typeof json === "object" && json !== null && !Array.isArray(json)) {
    return json as Readonly<Record<string, unknown>>;
  }
  throw new Wrong(`${path} is no object`);
}

const longestName = 253;

function name(json: unknown, path: string): string {
  if (typeof json === "string" && json !== "" && json.length <= longestName) return json;
  throw new Wrong(`${path} is no name of 1 to ${longestName} characters`);
}

function count(json: unknown, path: string): number {
  if (typeof json === "number" && Number.isSafeInteger(json) && json >= 0) return json;
  throw new Wrong(`${path} is no whole number from 0`);
}

/** JSON has neither NaN nor infinity, but 1e999 is read as one. */
function duration(json: unknown, path: string): number {
  if (typeof json === "number" && Number.isFinite(json) && json >= 0) return json;
  throw new Wrong(`${path} is no number from 0`);
}
