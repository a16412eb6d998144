/** `serin delete`: removes an object by its name, or those that files name. */
import type { Command } from "commander";
import type { ObjectRemovedJson } from "../api/objects.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { AdminFailure } from "./admin-client.ts";
import { inOrder, partedByOwner } from "./apply-plan.ts";
import { authorOf } from "./author.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { without } from "./direct-store.ts";
import { acting, flag, usageError } from "./flags.ts";
import { namedObjects } from "./object-argument.ts";
import { type Objects, withObjects } from "./objects.ts";
import { plainText } from "./table.ts";
import { type FileFlags, filesAsked } from "./validate-input.ts";
import { checkWait, fileWriteFlags, tellObjects } from "./write-wait.ts";

interface DeleteFlags extends FileFlags {
  readonly ignoreNotFound?: boolean;
}

export function addDelete(program: Command, context: CliContext): void {
  const command = program
    .command("delete")
    .description("Remove an object, or those that files name.")
    .argument("[kind]", "for example weights, routes or HTTPRoute")
    .argument("[name]", "what follows the kind in the key");
  const about = "0 also where one is not there";
  const ignoring = flag("--ignore-not-found", "SERIN_IGNORE_NOT_FOUND", about);
  for (const option of [ignoring, ...fileWriteFlags()]) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
Of files only the keys count, and the revision where a document has one. What others need goes last.
--wait is for the last of them, as of weight set.

Examples:
  serin delete weights web
  serin delete endpoints/web/b --why 'machine is gone'
  serin delete -f examples/config --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => deleteObjects(command, context)));
}

interface ToDelete {
  readonly key: string;
  readonly revision: number | undefined;
}

async function deleteObjects(command: Command, context: CliContext): Promise<number> {
  checkWait(command);
  const began = performance.now();
  const done: ObjectRemovedJson[] = [];
  const absent: string[] = [];
  const wanted = await toDelete(command, context);
  const removed = !wanted.ok
    ? err(without(wanted.error))
    : await withObjects(command, context, (objects) =>
        removeAll(command, context, objects, wanted.value, { done, absent }),
      );
  const failures = removed.ok ? [] : [removed.error];
  const table = (): string => done.map(removedLine).join("");
  const told = { done, absent, failures, table, began, isWritten: true };
  const code = await tellObjects(command, context, told);
  return removed.ok ? Math.max(code, tellAbsent(command, context, absent)) : code;
}

const removedLine = ({ key, revision }: ObjectRemovedJson): string =>
  plainText(`${key} deleted at revision ${revision}`).concat("\n");

async function toDelete(
  command: Command,
  context: CliContext,
): Promise<Result<readonly ToDelete[], string>> {
  const [kind, name] = command.processedArgs as [string | undefined, string | undefined];
  const { file } = command.opts<DeleteFlags>();
  if ((kind === undefined) === (file === undefined)) {
    return usageError(command, "name either an object, by kind and name, or files by -f");
  }
  if (kind === undefined) {
    const read = await filesAsked(command, context);
    return read.ok ? ok(inOrder(partedByOwner(read.value).theirs).toReversed()) : read;
  }
  const { key } = namedObjects(command, kind, name);
  if (key === undefined) return usageError(command, "name the object: serin delete KIND NAME");
  return ok([{ key, revision: undefined }]);
}

async function removeAll(
  command: Command,
  context: CliContext,
  objects: Objects,
  wanted: readonly ToDelete[],
  told: { readonly done: ObjectRemovedJson[]; readonly absent: string[] },
): Promise<Result<undefined, AdminFailure>> {
  const author = authorOf(command, context.env, "delete");
  for (const { key, revision: expected } of wanted) {
    const removed = await objects.remove(key, { author, expected });
    if (!removed.ok) return err(removed.error);
    if (removed.value === undefined) told.absent.push(key);
    else told.done.push(removed.value);
  }
  return ok(undefined);
}

function tellAbsent(command: Command, context: CliContext, absent: readonly string[]): number {
  const { ignoreNotFound = false } = command.opts<DeleteFlags>();
  for (const key of absent) context.io.stderr(plainText(`serin: there is no ${key}`).concat("\n"));
  return absent.length === 0 || ignoreNotFound ? exitCodes.done : exitCodes.failed;
}
