/** What proxies find of a version, as the API tells it. */
import type { FindingJson, VersionVerdictJson } from "../api/verdicts.ts";
import { limits } from "../config/limits.ts";
import { type Agreement, agreements } from "../observe/verdict/agreement.ts";
import type { VerdictBoard } from "../observe/verdict/board.ts";
import type { ServedVersion } from "./served-versions.ts";

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
