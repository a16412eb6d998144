/** `serin snapshot diff`: how the resources made of the store at two revisions differ. */
import type { Command } from "commander";
import type { SnapshotDiffJson } from "../api/snapshot-diff.ts";
import { fromAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, comparisonCodes } from "./context.ts";
import { directStore } from "./direct-store.ts";
import { acting, flag } from "./flags.ts";
import { resourcesText } from "./resources-text.ts";
import { checkContentFlags, contentFlags, revisionOf } from "./snapshot-content.ts";
import { diffInStore } from "./snapshot-store.ts";
import { formatted, type OutputFlags, outputFlag, plainText } from "./table.ts";
import { type Paint, paintFor } from "./terminal.ts";

interface DiffFlags extends OutputFlags {
  readonly bodies?: boolean;
}

export function addSnapshotDiff(snapshot: Command, context: CliContext): void {
  const command = snapshot
    .command("diff")
    .description("Show how the resources at two revisions of the store differ.")
    .argument("<from>", "revision of the store", revisionOf)
    .argument("[to]", "another one; default: the one in force", revisionOf);
  command
    .addOption(flag("--bodies", "SERIN_BODIES", "with the difference of each resource"))
    .addOption(outputFlag());
  for (const option of contentFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
The server or, with --store, this command itself makes both of what the store keeps: etcd keeps revisions
until it compacts them. serin history and every write tell revisions. Resources: + came, ~ changed,
- went. Secrets are not shown. --default-gateway goes with --store; the server has its own.

Exit codes, as of serin diff: 0 nothing differs, 1 something does, 2 refused, failed or wrong usage.

Examples:
  serin snapshot diff 120
  serin snapshot diff 120 124 --bodies
  serin snapshot diff 120 --store etcd://127.0.0.1:2379`,
    )
    .action((from: number, to: number | undefined) =>
      acting(context, command, () => diff(command, context, { from, to }))(),
    );
}

interface Revisions {
  readonly from: number;
  readonly to: number | undefined;
}

async function diff(
  command: Command,
  context: CliContext,
  { from, to }: Revisions,
): Promise<number> {
  const { bodies = false, output } = command.opts<DiffFlags>();
  checkContentFlags(command);
  const store = directStore(command);
  const query = { from, ...(to !== undefined && { to }), ...(bodies && { bodies }) };
  const read =
    store === undefined
      ? await fromAdmin(command, (api) => api.call("GET /v1/snapshot/diff", { query }))
      : await diffInStore(command, context, store, { from, to, bodies });
  if (!read.ok) {
    tellFailure(context, read.error);
    return comparisonCodes.trouble;
  }
  const text = (): string => diffText(read.value, paintFor(context));
  context.io.stdout(formatted(output, read.value, text));
  return read.value.resources.length === 0 ? comparisonCodes.same : comparisonCodes.different;
}

function diffText(diff: SnapshotDiffJson, paint: Paint): string {
  const { from, to, resources, bodies = [] } = diff;
  if (resources.length === 0) return `the resources of revisions ${from} and ${to} are the same\n`;
  const each = bodies.map(
    ({ place, type, name, diff: lines }) =>
      `\n${plainText(`${place} ${type} ${name}`)}\n${lines.split("\n").map(plainText).join("\n")}`,
  );
  return resourcesText(resources, paint) + each.join("");
}
