/** `serin diff`: how objects in files differ from those that are there, key by key. */
import type { Command } from "commander";
import { stringify } from "yaml";
import { objectValue } from "../admin/object-value.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { objectKey } from "../store/objects.ts";
import { type AdminFailure, tellFailure } from "./admin-client.ts";
import { inOrder } from "./apply-plan.ts";
import { comparedObjects } from "./compared-objects.ts";
import { type CliContext, comparisonCodes, troubled } from "./context.ts";
import { acting } from "./flags.ts";
import { type Objects, objectFlags, withObjects } from "./objects.ts";
import { plainText } from "./table.ts";
import { unifiedDiff } from "./unified-diff.ts";
import { type FileObject, fileFlag } from "./validate-input.ts";

export function addDiff(program: Command, context: CliContext): void {
  const command = program
    .command("diff")
    .description("Show how objects in files differ from those that are there.");
  command.addOption(fileFlag("file, folder, or - for standard input; may be repeated"));
  for (const option of objectFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
Both sides are shown as YAML with sorted fields: only what they say counts, not how it is spelt. Secrets
are not shown; that they differ is said.

Exit codes, as of diff: 0 nothing differs, 1 something does, 2 refused, failed or wrong usage.

Examples:
  serin diff -f ./config
  serin diff -f web.yaml --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => diff(command, context)));
}

async function diff(command: Command, context: CliContext): Promise<number> {
  const read = await comparedObjects(command, context);
  if (!read.ok) return troubled(context, read.error);
  const told = await withObjects(command, context, async (objects) => {
    const differences: string[] = [];
    for (const object of inOrder(read.value)) {
      const one = await differenceOf(objects, object);
      if (!one.ok) return one;
      if (one.value !== "") differences.push(one.value);
    }
    return ok(differences);
  });
  if (!told.ok) {
    tellFailure(context, told.error);
    return comparisonCodes.trouble;
  }
  context.io.stdout(told.value.join(""));
  return told.value.length === 0 ? comparisonCodes.same : comparisonCodes.different;
}

/** Empty where there is none. */
async function differenceOf(
  objects: Objects,
  { key, value, file }: FileObject,
): Promise<Result<string, AdminFailure>> {
  const tried = await objects.dryRun(key, value);
  if (!tried.ok) return tried;
  const { result, revision } = tried.value;
  if (result === "unchanged") return ok("");
  const there = await objects.get(key);
  if (!there.ok) return err(there.error);
  const object = objectKey(key);
  const wanted = object.ok ? objectValue(object.value, value) : undefined;
  const before = there.value === undefined ? "" : textOf(there.value.value);
  const after = wanted?.ok === true ? textOf(wanted.value) : "";
  const lines = unifiedDiff(before, after);
  const head = `--- ${plainText(key)} (${revision === 0 ? "not there" : `revision ${revision}`})\n`;
  const body = lines === "" ? "what is not shown of it differs\n" : lines;
  return ok(`${head}+++ ${plainText(key)} (${plainText(file)})\n${body}`);
}

const textOf = (value: unknown): string =>
  value === undefined
    ? "# what is there cannot be read\n"
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
