/** `serin apply`: writes the objects of files, all of them judged before the first is written. */
import type { Command } from "commander";
import type { ObjectWrittenJson } from "../api/objects.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AdminFailure } from "./admin-client.ts";
import { faultsOf, inOrder, type Planned, partedByOwner, planned } from "./apply-plan.ts";
import { authorOf } from "./author.ts";
import type { CliContext } from "./context.ts";
import { without } from "./direct-store.ts";
import { acting, flag } from "./flags.ts";
import { tellFaults } from "./object-faults.ts";
import { type Objects, withObjects } from "./objects.ts";
import { plainText } from "./table.ts";
import { type FileFlags, type FileObject, filesAsked } from "./validate-input.ts";
import { checkWait, fileWriteFlags, tellObjects } from "./write-wait.ts";

interface ApplyFlags extends FileFlags {
  readonly dryRun?: boolean;
}

export function addApply(program: Command, context: CliContext): void {
  const command = program
    .command("apply")
    .description("Write objects from files, or from standard input (-f -).");
  const dryRun = flag("--dry-run", "SERIN_DRY_RUN", "say what would be done, and write nothing");
  for (const option of [dryRun, ...fileWriteFlags()]) command.addOption(option);
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
  const done: ObjectWrittenJson[] = [];
  const failures = await applyFiles(command, context, done);
  const { dryRun = false } = command.opts<ApplyFlags>();
  const table = (): string => done.map((answer) => resultLine(answer, dryRun)).join("");
  return tellObjects(command, context, { done, failures, table, began, isWritten: !dryRun });
}

/** Fills `done`; returns why it went no further. */
async function applyFiles(
  command: Command,
  context: CliContext,
  done: ObjectWrittenJson[],
): Promise<readonly AdminFailure[]> {
  const read = await filesAsked(command, context);
  if (!read.ok) return [without(read.error)];
  const { theirs, serins } = partedByOwner(read.value);
  for (const { key, file } of serins) {
    context.io.stderr(plainText(`${key} left out: serin keeps it (${file})`).concat("\n"));
  }
  if (theirs.length === 0) return [without("there are no objects to apply")];
  const faults = faultsOf(theirs);
  tellFaults(context, faults);
  if (faults.some(({ severity }) => severity === "error")) {
    return [{ ...without("nothing was written"), members: { faults } }];
  }
  const applied = await withObjects(command, context, (objects) =>
    applyAll(command, context, { objects, theirs, done }),
  );
  return applied.ok ? applied.value : [applied.error];
}

interface Applying {
  readonly objects: Objects;
  readonly theirs: readonly FileObject[];
  readonly done: ObjectWrittenJson[];
}

async function applyAll(
  command: Command,
  context: CliContext,
  { objects, theirs, done }: Applying,
): Promise<Result<readonly AdminFailure[], AdminFailure>> {
  const plan = await planned(objects, inOrder(theirs));
  if (!plan.ok) return ok([...plan.error, without("nothing was written")]);
  if (command.opts<ApplyFlags>().dryRun === true) {
    done.push(...plan.value.map(({ answer }) => answer));
    return ok([]);
  }
  const author = authorOf(command, context.env, "apply");
  for (const { object, answer } of plan.value) {
    if (answer.result === "unchanged") {
      done.push(answer);
      continue;
    }
    const expected = answer.revision;
    const written = await objects.write(object.key, object.value, { author, expected });
    if (!written.ok) return err(halfDone(written.error, plan.value, object));
    done.push(written.value);
  }
  return ok([]);
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
