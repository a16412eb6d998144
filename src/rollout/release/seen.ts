/**
 * What a person has seen of a release when they decide to say something to it, in one word: whoever says it
 * sends that along, and it holds only where nothing has changed that it is about. A stop is about the attempt
 * alone, so that an abort wins over every step that the release goes meanwhile.
 */
import { contentHash } from "../../lib/hash.ts";
import type { Rollout } from "../../model/rollout.ts";
import type { GuardStatus, RolloutStatus } from "../../model/rollout-status.ts";
import type { RolloutCommand } from "./commands.ts";
import type { Weights } from "./decision.ts";

export interface Standing {
  /** undefined: there is no release. */
  readonly rollout: Pick<Rollout, "specHash"> | undefined;
  /** As the store has it; it may be of the release before. */
  readonly status: RolloutStatus | undefined;
  /** In force; undefined: there is no such key. */
  readonly weights: Weights | undefined;
  readonly latched: GuardStatus["latched"];
}

const parts = ["attempt", "end", "position", "latches"] as const;
type Part = (typeof parts)[number];

/** The parts with dots between; none of them has a dot or a blank. */
export function seenText(standing: Standing): string {
  const status = currentOf(standing);
  const { rollout, latched } = standing;
  const told: Readonly<Record<Part, string>> = {
    attempt: rollout === undefined ? "none" : `${short(rollout.specHash)}-${attemptOf(status)}`,
    end: endOf(status),
    position: positionOf(status, standing.weights),
    latches: latchesOf(latched),
  };
  return parts.map((part) => told[part]).join(".");
}

const abouts: Readonly<Record<RolloutCommand, readonly Part[]>> = {
  promote: ["attempt", "end", "position"],
  promoteFull: ["attempt", "end", "position"],
  pause: ["attempt", "end"],
  resume: ["attempt", "end"],
  abort: ["attempt", "end"],
  undo: ["attempt"],
  retry: parts,
};

/** Why `command` is not for what is there now, in one sentence; undefined: it is. */
export function unlike(
  expected: string,
  standing: Standing,
  command: RolloutCommand,
): string | undefined {
  const now = seenText(standing);
  const [before, after] = [expected.split("."), now.split(".")];
  const isSame = abouts[command].every((part) => {
    const index = parts.indexOf(part);
    return before[index] === after[index];
  });
  if (isSame) return undefined;
  return `it is not as it was when this was decided: it was ${expected}, and is ${now}; look at it again`;
}

const short = (hash: string): string => hash.slice(0, 8);

const currentOf = ({ rollout, status }: Standing): RolloutStatus | undefined =>
  rollout !== undefined && status?.specHash === rollout.specHash ? status : undefined;

const attemptOf = (status: RolloutStatus | undefined): string =>
  status === undefined ? "pending" : String(status.retriedMs ?? 0);

function endOf(status: RolloutStatus | undefined): string {
  if (status?.aborted !== undefined) return `aborted-${status.aborted.atMs}`;
  return status?.phase === "Healthy" ? "complete" : "going";
}

/** Whose weights `promote` would accept is a part of it, and what it waits for else is none. */
function positionOf(status: RolloutStatus | undefined, weights: Weights | undefined): string {
  if (status === undefined) return "pending";
  const { step, held, waits } = status;
  const over = waits?.for === "WeightsChanged" ? [`over-${weightsHash(weights)}`] : [];
  const doubted = waits?.for === "InconclusiveAnalysisRun" ? ["doubted"] : [];
  return [`step-${step + 1}`, ...(held ? ["held"] : []), ...over, ...doubted].join("-");
}

const weightsHash = (weights: Weights | undefined): string =>
  short(contentHash(JSON.stringify([...(weights ?? [])].sort())));

function latchesOf(latched: GuardStatus["latched"]): string {
  if (latched.size === 0) return "none";
  const told = [...latched].map(([subset, { atMs }]) => [subset, atMs]).sort();
  return short(contentHash(JSON.stringify(told)));
}
