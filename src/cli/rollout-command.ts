/** `serin rollout get|retry`: how guards judge the versions of a service, and what they have taken out. */
import type { Command } from "commander";
import { revisionNumber } from "../admin/revision.ts";
import type { RetriedJson, RolloutJson } from "../admin/rollout-routes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type RetryFailure, retryGuards } from "../store/guard-status.ts";
import { type AdminFailure, adminFlag, callAdmin, tellFailure } from "./admin-client.ts";
import { authorFlags, authorOf, authorQuery } from "./author.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { directStore, storeFailure, without, withStore } from "./direct-store.ts";
import { acting } from "./flags.ts";
import { serviceName } from "./service-argument.ts";
import { storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag, plainText, tableText } from "./table.ts";
import { checkWait, tellWritten, waitFlags } from "./weight-wait.ts";

export function addRollout(program: Command, context: CliContext): void {
  const rollout = program
    .command("rollout")
    .description("Show what guards have found, and bring back what they have taken out.");
  addGet(rollout, context);
  addRetry(rollout, context);
}

function addGet(rollout: Command, context: CliContext): void {
  const command = rollout
    .command("get")
    .description("Show how the guards of a service judge its versions.")
    .argument("<service>", "name of the service", serviceName)
    .addOption(adminFlag())
    .addOption(outputFlag());
  command
    .addHelpText(
      "after",
      `
VERDICT is pass, fail, hold (nothing can be said: no data, old data, or too little) or latched (taken
out until \`serin rollout retry\`).

Examples:
  serin rollout get web
  serin rollout get web -o json | jq '.guards[].reason'`,
    )
    .action(acting(context, command, () => get(command, context)));
}

function addRetry(rollout: Command, context: CliContext): void {
  const command = rollout
    .command("retry")
    .description("Bring back the versions of a service that guards have taken out.")
    .argument("<service>", "name of the service", serviceName);
  command.addOption(adminFlag()).addOption(outputFlag());
  for (const option of [...authorFlags(), ...waitFlags(), ...storeFlags()]) {
    command.addOption(option);
  }
  command
    .addHelpText(
      "after",
      `
The weights stay as they are, 0 for what was taken out: \`serin weight set\` gives it traffic again. What
failed before is not held against it any more.

Examples:
  serin rollout retry web
  serin rollout retry web --why 'fixed in v2.1' --wait`,
    )
    .action(acting(context, command, () => retry(command, context)));
}

async function get(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  const read = await callAdmin<RolloutJson>(command, `/v1/rollouts/${service}`);
  if (!read.ok) return tellFailure(context, read.error);
  const { output } = command.opts<OutputFlags>();
  context.io.stdout(formatted(output, read.value, () => rolloutText(read.value)));
  return exitCodes.done;
}

function rolloutText({ service, guards, latched }: RolloutJson): string {
  const watched = guards.map((each) => [each.guard, each.subset, each.verdict, each.reason]);
  const known = new Set(guards.map(({ subset }) => subset));
  const others = latched
    .filter(({ subset }) => !known.has(subset))
    .map(({ guard, subset, evidence }) => [guard, subset, "latched", evidence]);
  const rows = [...watched, ...others].map((cells) => cells.map(plainText));
  if (rows.length === 0) return `no guard watches ${service}\n`;
  return tableText([["GUARD", "VERSION", "VERDICT", "WHY"], ...rows]);
}

async function retry(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  checkWait(command);
  const began = performance.now();
  const store = directStore(command);
  const author = authorOf(command, context.env, "retry");
  const retried =
    store === undefined
      ? await callAdmin<RetriedJson>(
          command,
          `/v1/rollouts/${service}/retry?${authorQuery(author)}`,
          { method: "PUT" },
        )
      : await withStore<RetriedJson>(command, context, store, async (opened) =>
          toJson(service, await retryGuards(opened, service, author)),
        );
  if (!retried.ok) return tellFailure(context, retried.error);
  const { revision, subsets } = retried.value;
  const line = `${service}: ${subsets.join(", ")} may have traffic again, at revision ${revision}\n`;
  const key = `status/guards/${service}`;
  return tellWritten(command, context, { key, line, answer: retried.value, began });
}

function toJson(
  service: string,
  retried: Awaited<ReturnType<typeof retryGuards>>,
): Result<RetriedJson, AdminFailure> {
  if (!retried.ok) return err(failure(retried.error, service));
  const { revision, subsets } = retried.value;
  return ok({ service, revision: revisionNumber(revision), subsets });
}

function failure(error: RetryFailure, service: string): AdminFailure {
  switch (error.kind) {
    case "refused":
      return without(error.message);
    case "changed":
      return without(`${service} was changed by someone else; try again`);
    case "store":
      return storeFailure(error.error);
  }
}
