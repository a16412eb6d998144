/** What one may say to a release as it stands, and which of it is the next thing that one would press. */
import type { ReleaseJson } from "../../../api/rollouts.ts";
import type { GuardWord } from "../../../api/services.ts";

export const commands = ["promote", "full", "pause", "resume", "abort", "retry", "undo"] as const;
export type Command = (typeof commands)[number];

/** Why a command is not for now; the text of it is in the dictionaries. */
export type Why = "noRelease" | "complete" | "aborted" | "held" | "notHeld" | "notAborted";

export interface Offer {
  readonly command: Command;
  /** null: it may be said. */
  readonly why: Why | null;
  /** The one that most would press now. */
  readonly first: boolean;
}

export function offersFor(release: ReleaseJson | null, guard: GuardWord): readonly Offer[] {
  const first = firstOf(release, guard);
  return commands.flatMap((command) => {
    // One place for the two of them: what is held is resumed.
    if (command === "pause" && release?.held === true) return [];
    if (command === "resume" && release?.held !== true) return [];
    return [{ command, why: whyNot(command, release, guard), first: command === first }];
  });
}

function whyNot(command: Command, release: ReleaseJson | null, guard: GuardWord): Why | null {
  if (command === "retry") return retryable(release, guard);
  if (release === null) return "noRelease";
  if (command === "undo") return null;
  if (release.aborted !== null) return "aborted";
  if (release.phase === "Healthy") return "complete";
  return null;
}

const retryable = (release: ReleaseJson | null, guard: GuardWord): Why | null => {
  if (guard === "latched" || release?.aborted != null) return null;
  if (release === null) return "noRelease";
  return release.waitsFor === "WeightsChanged" || release.waitsFor === "InconclusiveAnalysisRun"
    ? null
    : "notAborted";
};

function firstOf(release: ReleaseJson | null, guard: GuardWord): Command | null {
  if (guard === "latched" || release?.aborted != null) return "retry";
  if (release === null || release.phase === "Healthy") return null;
  if (guard === "fail") return "abort";
  if (release.held) return "resume";
  return release.phase === "Paused" ? "promote" : null;
}

/** How `PUT /v1/rollouts/<service>/…` says it. */
export const sayingOf = (command: Command) =>
  command === "full"
    ? ({ said: "promote", full: true } as const)
    : ({ said: command, full: false } as const);
