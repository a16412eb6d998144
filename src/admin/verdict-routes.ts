/**
 * `GET /v1/verdicts`: the versions that some proxy finds unwell, by its health checks or its outlier
 * detection. `?service=web`: all versions of that service. Envoys tell it that have been made with
 * `serin bootstrap --verdicts`; each replica knows what was told to it.
 */
import { limits } from "../config/limits.ts";
import { compareText } from "../lib/compare-text.ts";
import type { Translation } from "../translate/translate.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { type ServedVersion, servedVersion, servedVersions } from "./served-versions.ts";
import type { AdminSources } from "./sources.ts";
import { type VersionVerdictJson, versionVerdict } from "./verdict-json.ts";

export interface VerdictsJson {
  /** Proxies that tell this replica what they find. */
  readonly reporters: number;
  /** Since the one of them was heard that has been silent for longest; null: nobody tells. */
  readonly ageMs: number | null;
  /** Findings that had no room, since the start; first of all those of good health. */
  readonly leftOut: number;
  readonly versions: readonly VersionVerdictJson[];
}

export const verdictRoutes: Routes = (app, { sources }) => {
  app.get("/v1/verdicts", (c) => {
    const service = c.req.query("service");
    const translation = sources.translation();
    const served = translation && versionsAsked(sources, translation, service);
    if (service !== undefined && served === undefined) {
      return problem(404, "not-found", `no service ${service.slice(0, 253)}`);
    }
    const view = sources.verdicts();
    const { count, oldestMs } = view.board.reporters(view.nowMs);
    const body: VerdictsJson = {
      reporters: count,
      ageMs: oldestMs === undefined ? null : Math.round(view.nowMs - oldestMs),
      leftOut: view.board.leftOut,
      versions: (served ?? []).map((each) => versionVerdict(view, each)),
    };
    return c.json(body);
  });
};

function versionsAsked(
  sources: AdminSources,
  translation: Translation,
  service: string | undefined,
): readonly ServedVersion[] | undefined {
  if (service !== undefined) return servedVersions(translation, service);
  return unwellVersions(sources, translation).slice(0, limits.verdict.shownVersions);
}

/** Those that some proxy finds unwell. A drained instance of a version that nobody checks is no such. */
export function unwellVersions(
  sources: AdminSources,
  translation: Translation,
): readonly ServedVersion[] {
  const { board, nowMs } = sources.verdicts();
  return [...board.unwell(nowMs)].sort(compareText).flatMap((cluster) => {
    const version = servedVersion(translation, cluster);
    return version?.looksAtHealth === true ? [version] : [];
  });
}
