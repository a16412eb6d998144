/** `serin apply`: writes the objects of files, all of them judged before the first is written. */
import type { Command } from "commander";
import type { ObjectWrittenJson } from "../api/objects.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type AdminFailure, tellFailure } from "./admin-client.ts";
import { faultsOf, inOrder, type Planned, partedByOwner, planned } from "./apply-plan.ts";
import { authorFlags, authorOf } from "./author.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { without } from "./direct-store.ts";
import { acting, flag } from "./flags.ts";
import { tellFaults } from "./object-faults.ts";
import { type Objects, objectFlags, withObjects } from "./objects.ts";
import { formatted, type OutputFlags, outputFlag, plainText } from "./table.ts";
import { type FileFlags, type FileObject, fileFlag, filesAsked } from "./validate-input.ts";
import { checkWait, waitFlags, waitForAll } from "./write-wait.ts";

interface ApplyFlags extends FileFlags, OutputFlags {
  readonly dryRun?: boolean;
}

export function addApply(program: Command, context: CliContext): void {
  const command = program
    .command("apply")
    .description("Write objects from files, or from standard input (-f -).");
  command
    .addOption(fileFlag("file, folder, or - for standard input; may be repeated"))
    .addOption(flag("--dry-run", "SERIN_DRY_RUN", "say what would be done, and write nothing"))
    .addOption(outputFlag());
  for (const option of [...waitFlags(), ...authorFlags(), ...objectFlags()]) {
    command.addOption(option);
  }
  command
    .addHelpText(
      "after",
      `
A file has one document or several, in YAML or JSON. What it is, is said by kind and metadata.name; by
"key" and "value", as serin get -o yaml prints them; by keys with their values; or by the path, as in
weights/web.yaml.

All are judged before the first is written; then they are written one by one, what others need first.
One that somebody else has written meanwhile is not written over: exit code 1, and what was written
until then is said. The same content again is "unchanged". A document with the revision at which
it was read is written over that revision alone. --wait is for the last of them, as of weight set.

Examples:
  serin apply -f examples/config
  serin apply -f web.yaml --dry-run
  serin apply -f web.yaml --wait --timeout 10s
  serin get weights web -o yaml | sed 's/v1: 90/v1: 80/' | serin apply -f - --why 'more canary'
  serin apply -f weights/web.yaml --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => apply(command, context)));
}

async function apply(command: Command, context: CliContext): Promise<number> {
  checkWait(command);
  const began = performance.now();
  const read = await filesAsked(command, context);
  if (!read.ok) return failed(context, read.error);
  const { theirs, serins } = partedByOwner(read.value);
  for (const { key, file } of serins) {
    context.io.stderr(plainText(`${key} left out: serin keeps it (${file})`).concat("\n"));
  }
  if (theirs.length === 0) return failed(context, "there are no objects to apply");
  const faults = faultsOf(theirs);
  tellFaults(context, faults);
  if (faults.some(({ severity }) => severity === "error")) {
    return failed(context, "nothing was written");
  }
  const { output, dryRun = false } = command.opts<ApplyFlags>();
  const done: ObjectWrittenJson[] = [];
  const applied = await withObjects(command, context, async (objects) => {
    const plan = await planned(objects, inOrder(theirs));
    if (!plan.ok) return notPlanned(context, plan.error);
    if (dryRun) done.push(...plan.value.map(({ answer }) => answer));
    else return writeAll(command, context, objects, plan.value, done);
    return ok(undefined);
  });
  const table = (): string => done.map((answer) => resultLine(answer, dryRun)).join("");
  if (done.length > 0) context.io.stdout(formatted(output, done, table));
  if (!applied.ok) return tellFailure(context, applied.error);
  return dryRun ? exitCodes.done : waitForAll(command, context, done, began);
}

/** Each on its own; then that nothing was done. */
function notPlanned(
  context: CliContext,
  failures: readonly AdminFailure[],
): Result<never, AdminFailure> {
  for (const failure of failures) tellFailure(context, failure);
  return err(without("nothing was written"));
}

async function writeAll(
  command: Command,
  context: CliContext,
  objects: Objects,
  plan: readonly Planned[],
  done: ObjectWrittenJson[],
): Promise<Result<undefined, AdminFailure>> {
  const author = authorOf(command, context.env, "apply");
  for (const { object, answer } of plan) {
    if (answer.result === "unchanged") {
      done.push(answer);
      continue;
    }
    const expected = answer.revision;
    const written = await objects.write(object.key, object.value, { author, expected });
    if (!written.ok) return err(halfDone(written.error, plan, object));
    done.push(written.value);
  }
  return ok(undefined);
}

function halfDone(failure: AdminFailure, plan: readonly Planned[], at: FileObject): AdminFailure {
  const rest = plan.slice(plan.findIndex(({ object }) => object === at));
  const keys = rest
    .filter(({ answer }) => answer.result !== "unchanged")
    .map(({ object }) => object.key);
  const others = keys.length === 1 ? "" : `; not written: ${keys.join(", ")}`;
  return { ...failure, detail: `${failure.detail}${others}` };
}

function resultLine({ key, result, revision }: ObjectWrittenJson, dryRun: boolean): string {
  if (dryRun) return plainText(`${key} ${result} (dry run)`).concat("\n");
  return plainText(`${key} ${result} at revision ${revision}`).concat("\n");
}
