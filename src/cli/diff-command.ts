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
import { formatted, type OutputFlags, outputFlag, plainText } from "./table.ts";
import { type Paint, paintFor } from "./terminal.ts";
import { unifiedDiff } from "./unified-diff.ts";
import { type FileObject, fileFlag } from "./validate-input.ts";

export function addDiff(program: Command, context: CliContext): void {
  const command = program
    .command("diff")
    .description("Show how objects in files differ from those that are there.");
  command.addOption(fileFlag("file, folder, or - for standard input; may be repeated"));
  command.addOption(outputFlag());
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
  serin diff -f ./config -o json | jq -r '.[].key'
  serin diff -f web.yaml --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => diff(command, context)));
}

async function diff(command: Command, context: CliContext): Promise<number> {
  const read = await comparedObjects(command, context);
  if (!read.ok) return troubled(context, read.error);
  const told = await withObjects(command, context, async (objects) => {
    const differences: Difference[] = [];
    for (const object of inOrder(read.value)) {
      const one = await differenceOf(objects, object);
      if (!one.ok) return one;
      if (one.value !== undefined) differences.push(one.value);
    }
    return ok(differences);
  });
  if (!told.ok) {
    tellFailure(context, told.error);
    return comparisonCodes.trouble;
  }
  const { output } = command.opts<OutputFlags>();
  const paint = paintFor(context);
  const text = (): string => told.value.map((each) => differenceText(each, paint)).join("");
  context.io.stdout(formatted(output, told.value, text));
  return told.value.length === 0 ? comparisonCodes.same : comparisonCodes.different;
}

/** An object that is not as in its file. */
interface Difference {
  readonly key: string;
  /** Of what is there; 0: nothing is. */
  readonly revision: number;
  readonly file: string;
  /** Without secrets; null: it is not there. */
  readonly before: unknown;
  readonly after: unknown;
  /** Lines of a unified diff; empty where only what is not shown differs. */
  readonly diff: string;
}

/** Undefined where there is none. */
async function differenceOf(
  objects: Objects,
  { key, value, file }: FileObject,
): Promise<Result<Difference | undefined, AdminFailure>> {
  const tried = await objects.dryRun(key, value);
  if (!tried.ok) return tried;
  const { result, revision } = tried.value;
  if (result === "unchanged") return ok(undefined);
  const there = await objects.get(key);
  if (!there.ok) return err(there.error);
  const object = objectKey(key);
  const wanted = object.ok ? objectValue(object.value, value) : undefined;
  const after = wanted?.ok === true ? wanted.value : undefined;
  const texts = [
    there.value === undefined ? "" : textOf(there.value.value),
    after === undefined ? "" : textOf(after),
  ] as const;
  const before = there.value?.value ?? null;
  return ok({ key, revision, file, before, after: after ?? null, diff: unifiedDiff(...texts) });
}

function differenceText({ key, revision, file, diff: lines }: Difference, paint: Paint): string {
  const head = `--- ${plainText(key)} (${revision === 0 ? "not there" : `revision ${revision}`})\n`;
  const body = lines === "" ? "what is not shown of it differs\n" : painted(lines, paint);
  return `${head}+++ ${plainText(key)} (${plainText(file)})\n${body}`;
}

const painted = (lines: string, paint: Paint): string =>
  lines
    .replaceAll(/^-.*$/gm, (line) => paint("red", line))
    .replaceAll(/^\+.*$/gm, (line) => paint("green", line))
    .replaceAll(/^@@.*$/gm, (line) => paint("cyan", line));

const textOf = (value: unknown): string =>
  value === undefined
    ? "# what is there cannot be read\n"
    : stringify(value, { lineWidth: 0, aliasDuplicateObjects: false, sortMapEntries: true });
