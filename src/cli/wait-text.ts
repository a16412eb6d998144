import type { BehindJson, WaitJson } from "../admin/wait-routes.ts";
import type { AdminFailure } from "./admin-client.ts";
import { tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { plainText } from "./table.ts";

/** Tells which proxies a wait was for in vain, and in their own words why. Returns the exit code. */
export function tellBehind(context: CliContext, failure: AdminFailure): number {
  tellFailure(context, failure);
  const behind = (failure.members["behind"] ?? []) as readonly BehindJson[];
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

function behindText({ node, peer, type, status, message }: BehindJson): string {
  const head = `${plainText(node)} (${plainText(peer)}) ${type ?? "-"} ${status}`;
  return message === null ? head : `${head}: ${plainText(message)}`;
}
