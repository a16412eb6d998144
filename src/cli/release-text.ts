/** How a release and the guards of a service stand, for people. */
import type { AlertsJson, ReleaseJson, RolloutJson } from "../api/rollouts.ts";
import type { VersionVerdictJson } from "../api/verdicts.ts";
import { plainText, tableText } from "./table.ts";
import { verdictLine } from "./verdicts.ts";

export function rolloutText(rollout: RolloutJson): string {
  const { release, canary, alerts } = rollout;
  const head = release === null ? "" : `${releaseText(release, canary)}\n`;
  const foot = alertsText(alerts);
  return `${head}${guardsText(rollout)}${foot === "" ? "" : `\n${foot}\n`}`;
}

function guardsText({ service, release, guards, latched }: RolloutJson): string {
  const watched = guards.map((each) => [each.guard, each.subset, each.verdict, each.reason]);
  const known = new Set(guards.map(({ subset }) => subset));
  const others = latched
    .filter(({ subset }) => !known.has(subset))
    .map(({ guard, subset, evidence }) => [guard, subset, "latched", evidence]);
  const rows = [...watched, ...others].map((cells) => cells.map(plainText));
  if (rows.length > 0) return tableText([["GUARD", "VERSION", "VERDICT", "WHY"], ...rows]);
  return release === null
    ? `${service} has no release, and no guard watches it\n`
    : `no guard watches ${service}\n`;
}

/** Nothing where all have arrived. */
function alertsText({ waiting, oldest, lost }: AlertsJson): string {
  const since = oldest === null ? "" : `, the oldest since ${oldest.at} (${oldest.to})`;
  return [
    ...(waiting === 0 ? [] : [`alerts that have not arrived yet: ${waiting}${since}`]),
    ...(lost === 0
      ? []
      : [`alerts that have reached nobody: ${lost}; the log of this replica has them`]),
  ]
    .map(plainText)
    .join("\n");
}

function releaseText(release: ReleaseJson, verdict: VersionVerdictJson | null): string {
  const { stable, canary, phase, stepName, weights, routes, message, detail, held } = release;
  const found = verdict === null ? undefined : verdictLine(verdict);
  const rows = [
    ["RELEASE", `${stable} -> ${canary}`],
    ["PHASE", held ? `${phase}, held` : phase],
    ["STEP", stepName],
    ["WEIGHTS", weightsText(weights)],
    ...(routes.length === 0 ? [] : [["ROUTES", routes.map(routeText).join(", ")]]),
    ["MESSAGE", message],
    ...(detail === null ? [] : [["NOW", detail]]),
    ...(found === undefined ? [] : [["PROXIES", found]]),
  ];
  return tableText(rows.map((cells) => cells.map(plainText)));
}

/** `testers`, `reads (a copy of 20 %)`. */
const routeText = ({ name, percent }: ReleaseJson["routes"][number]): string =>
  percent === null ? name : `${name} (a copy of ${percent} %)`;

const weightsText = (weights: ReleaseJson["weights"]): string =>
  Object.entries(weights)
    .map(([subset, weight]) => `${subset}=${weight}`)
    .join(" ") || "none";
