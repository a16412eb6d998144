import type { BehindJson, WaitJson } from "../api/wait.ts";
import type { AdminFailure } from "./admin-client.ts";
import { tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { plainText } from "./table.ts";

/** Tells which proxies a wait was for in vain, and in their own words why. Returns the exit code. */
export function tellBehind(context: CliContext, failure: AdminFailure): number {
  tellFailure(context, failure);
  const behind = (failure.members["behind"] ?? []) as readonly BehindJson[];
  const { proxies, accepted } = failure.members;
  if (behind.length > 0 && typeof proxies === "number") {
    const count = proxies === 1 ? "1 proxy" : `${proxies} proxies`;
    context.io.stderr(`  accepted by ${accepted} of ${count}; these have not:\n`);
  }
  tellEach(context, behind, Number(failure.members["omitted"] ?? 0));
  return failure.members["type"] === "urn:serin:problem:not-applied"
    ? exitCodes.timedOut
    : exitCodes.failed;
}

/** Tells what proxies rejected before, which is no failure of this wait. */
export function tellStanding(context: CliContext, key: string, answer: WaitJson): void {
  const { standing, omitted } = answer;
  if (standing.length === 0) return;
  context.io.stderr(`${key} is in force; still rejected from before:\n`);
  tellEach(context, standing, omitted);
}

function tellEach(context: CliContext, each: readonly BehindJson[], omitted: number): void {
  for (const one of each) context.io.stderr(`  ${behindText(one)}\n`);
  if (omitted > 0) context.io.stderr(`  … and ${omitted} more\n`);
}

function behindText({ node, peer, type, status, message, replica }: BehindJson): string {
  const where = replica === undefined ? peer : `${peer}, at ${replica}`;
  const head = `${plainText(node)} (${plainText(where)}) ${plainText(`${type ?? "-"} ${status}`)}`;
  return message === null ? head : `${head}: ${plainText(message)}`;
}
