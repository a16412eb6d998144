/** The one word for how a service is, by which lists are sorted: what needs a person comes first. */
import type { ServiceSummary } from "../../../api/services.ts";

export const verdicts = [
  "latched",
  "failing",
  "aborted",
  "broken",
  "waiting",
  "releasing",
  "released",
  "steady",
] as const;
export type Verdict = (typeof verdicts)[number];

export type Tone = "bad" | "warn" | "good" | "plain" | "busy";

export function verdictOf(summary: ServiceSummary): Verdict {
  const { release, guard, diagnostics } = summary;
  if (guard === "latched") return "latched";
  if (guard === "fail") return "failing";
  if (release?.aborted != null) return "aborted";
  if (diagnostics.errors > 0) return "broken";
  if (release === null) return "steady";
  if (release.phase === "Healthy") return "released";
  return needsPerson(release) ? "waiting" : "releasing";
}

/** A pause without an end, or what only a person decides. */
export const needsPerson = (release: NonNullable<ServiceSummary["release"]>): boolean =>
  (release.phase === "Paused" && !release.timed) ||
  release.held ||
  ["WeightsChanged", "InconclusiveAnalysisRun", "Rejected", "GateFailed", "Held"].includes(
    release.waitsFor ?? "",
  );

export const toneOf = (verdict: Verdict): Tone => {
  switch (verdict) {
    case "latched":
    case "failing":
    case "aborted":
    case "broken":
      return "bad";
    case "waiting":
      return "warn";
    case "releasing":
      return "busy";
    case "released":
      return "good";
    case "steady":
      return "plain";
  }
};

/** What needs a person first, then by name. */
export const byUrgency = (a: ServiceSummary, b: ServiceSummary): number =>
  verdicts.indexOf(verdictOf(a)) - verdicts.indexOf(verdictOf(b)) ||
  (a.service < b.service ? -1 : 1);
