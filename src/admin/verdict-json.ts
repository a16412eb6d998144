/** What proxies find of a version, as the API tells it. */
import { limits } from "../config/limits.ts";
import { type Agreement, agreements } from "../observe/verdict/agreement.ts";
import type { VerdictBoard } from "../observe/verdict/board.ts";
import type { ServedVersion } from "./served-versions.ts";

/** A version, and what the proxies that have told of it find. */
export interface VersionVerdictJson {
  readonly service: string;
  readonly subset: string;
  /** As serin serves it. */
  readonly instances: number;
  /** False: no proxy checks or ejects its instances, so that none can find anything. */
  readonly looksAtHealth: boolean;
  /** Some proxy finds an instance that it sends no requests to. */
  readonly unwell: boolean;
  /** Proxies that find the same are one entry; the worst ones come first. */
  readonly findings: readonly FindingJson[];
}

export interface FindingJson {
  readonly proxies: number;
  /** Ids of their nodes: the first ones. */
  readonly names: readonly string[];
  /** Instances that they know: others than serin serves while a change is on its way. */
  readonly total: number;
  readonly healthy: number;
  readonly ejected: number;
  /** Neither healthy nor ejected: they fail their health checks, or have not passed one yet. */
  readonly failing: number;
  /** Since when not every instance is healthy for the first of them, ms; null: all are. */
  readonly unwellForMs: number | null;
  /** Since the one of them was heard that has been silent for longest, ms. */
  readonly ageMs: number;
}

/** What proxies have told, and the time by the clock of its `…Ms`. */
export interface VerdictsView {
  readonly board: VerdictBoard;
  readonly nowMs: number;
}

export function versionVerdict(
  { board, nowMs }: VerdictsView,
  version: ServedVersion,
): VersionVerdictJson {
  const found = agreements(board.of(`${version.service}/${version.subset}`, nowMs));
  const { service, subset, instances, looksAtHealth } = version;
  const unwell = looksAtHealth && found.some(({ sinceMs }) => sinceMs !== undefined);
  const findings = found.map((each) => findingJson(each, nowMs));
  return { service, subset, instances, looksAtHealth, unwell, findings };
}

function findingJson(agreement: Agreement, nowMs: number): FindingJson {
  const { total, healthy, ejected, failing, proxies, sinceMs, heardMs } = agreement;
  return {
    proxies: proxies.length,
    names: proxies.slice(0, limits.verdict.listedProxies),
    ...{ total, healthy, ejected, failing },
    unwellForMs: sinceMs === undefined ? null : Math.round(nowMs - sinceMs),
    ageMs: Math.round(nowMs - heardMs),
  };
}
