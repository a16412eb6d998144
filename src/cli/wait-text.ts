import type { BehindJson } from "../admin/wait-routes.ts";
import type { AdminFailure } from "./admin-client.ts";
import { tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { plainText } from "./table.ts";

/** Tells which proxies a wait was for in vain, and in their own words why. Returns the exit code. */
export function tellBehind(context: CliContext, failure: AdminFailure): number {
  tellFailure(context, failure);
  const behind = (failure.members["behind"] ?? []) as readonly BehindJson[];
  for (const each of behind) context.io.stderr(`  ${behindText(each)}\n`);
  const omitted = Number(failure.members["omitted"] ?? 0);
  if (omitted > 0) context.io.stderr(`  … and ${omitted} more\n`);
  return failure.members["type"] === "urn:serin:problem:not-applied"
    ? exitCodes.timedOut
    : exitCodes.failed;
}

function behindText({ node, peer, type, status, message }: BehindJson): string {
  const head = `${plainText(node)} (${plainText(peer)}) ${type ?? "-"} ${status}`;
  return message === null ? head : `${head}: ${plainText(message)}`;
}
