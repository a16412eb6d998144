/**
 * `GET /v1/verdicts`: the versions that some proxy finds unwell, by its health checks or its outlier
 * detection. `?service=web`: all versions of that service. Envoys tell it that have been made with
 * `serin bootstrap --verdicts`; each replica knows what was told to it.
 */
import { getVerdicts } from "../api/verdicts.ts";
import { limits } from "../config/limits.ts";
import { compareText } from "../lib/compare-text.ts";
import type { Translation } from "../translate/translate.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { reply, route } from "./route.ts";
import { type ServedVersion, servedVersion, servedVersions } from "./served-versions.ts";
import type { AdminSources } from "./sources.ts";
import { versionVerdict } from "./verdict-json.ts";

export const verdictRoutes: Routes = (app, context) => {
  const { sources } = context;
  route(app, context, getVerdicts, ({ query: { service } }) => {
    const translation = sources.translation();
    const served = translation && versionsAsked(sources, translation, service);
    if (service !== undefined && served === undefined) {
      return problem(404, "not-found", `no service ${service}`);
    }
    const view = sources.verdicts();
    const { count, oldestMs } = view.board.reporters(view.nowMs);
    return reply({
      reporters: count,
      ageMs: oldestMs === undefined ? null : Math.round(view.nowMs - oldestMs),
      leftOut: view.board.leftOut,
      versions: (served ?? []).map((each) => versionVerdict(view, each)),
    });
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
