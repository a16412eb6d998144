/** `serin undo`: puts back what was there before the last change of a service, or at a revision. */
import { type Command, InvalidArgumentError } from "commander";
import { undoTarget } from "../admin/history-routes.ts";
import { revisionNumber } from "../admin/revision.ts";
import type { UndoneJson } from "../api/history.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { undo } from "../store/undo.ts";
import { type AdminFailure, fromAdmin } from "./admin-client.ts";
import { authorOf } from "./author.ts";
import type { CliContext } from "./context.ts";
import { directStore, notDone, withStore } from "./direct-store.ts";
import { acting, flag } from "./flags.ts";
import { serviceName } from "./service-argument.ts";
import { checkWait, tellNotWritten, tellWritten, writeFlags } from "./write-wait.ts";

interface UndoFlags {
  readonly to?: string;
  readonly force?: boolean;
  readonly expected?: string;
}

export function addUndo(program: Command, context: CliContext): void {
  const command = program
    .command("undo")
    .description("Put back what was there before the last change of a service.")
    .argument("<service>", "name of the service", serviceName);
  command
    .addOption(
      flag("--to <revision>", "SERIN_TO", "as of this revision, or as this record left it", {
        parse: revisionOrId,
      }),
    )
    .addOption(flag("--force", "SERIN_FORCE", "also what was changed since without a record"))
    .addOption(
      flag("--expected <record>", "SERIN_EXPECTED", "only if this is the last change still", {
        parse: recordId,
      }),
    );
  for (const option of writeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
An undo is a change itself, with a record of its own: the undo of an undo does it again. It refuses
where somebody has written past serin since, and where records are missing. With --expected it holds
only while the last change is the one that serin history showed.

Examples:
  serin undo web
  serin undo web --to 4711 --why 'as before the release' --wait`,
    )
    .action(acting(context, command, () => undoChange(command, context)));
}

function revisionOrId(text: string): string {
  if (undoTarget(text) !== undefined) return text;
  throw new InvalidArgumentError("expected a revision, or an id that serin history shows.");
}

function recordId(text: string): string {
  if (undoTarget(text)?.kind === "record") return text;
  throw new InvalidArgumentError("expected an id that serin history shows.");
}

async function undoChange(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  checkWait(command);
  const began = performance.now();
  const store = directStore(command);
  const undone =
    store === undefined
      ? await undoByApi(command, context, service)
      : await undoInStore(command, context, store, service);
  if (!undone.ok) return tellNotWritten(command, context, service, undone.error);
  const { revision, keys } = undone.value;
  const key = keys.join(", ");
  const line = `${key} put back at revision ${revision}\n`;
  return tellWritten(command, context, { key, line, answer: undone.value, began });
}

function undoByApi(
  command: Command,
  context: CliContext,
  service: string,
): Promise<Result<UndoneJson, AdminFailure>> {
  const { to, force = false, expected } = command.opts<UndoFlags>();
  const { by, why } = authorOf(command, context.env, "");
  const query = {
    ...{ by, why, force },
    ...(to !== undefined && { to }),
    ...(expected !== undefined && { expected }),
  };
  return fromAdmin(command, (api) =>
    api.call("PUT /v1/history/{service}/undo", { params: { service }, query }),
  );
}

function undoInStore(
  command: Command,
  context: CliContext,
  url: string,
  service: string,
): Promise<Result<UndoneJson, AdminFailure>> {
  const { to, force = false, expected } = command.opts<UndoFlags>();
  const { by, why } = authorOf(command, context.env, "");
  const target = undoTarget(to) ?? { kind: "last" };
  const asked = { target, force, expected, by };
  return withStore<UndoneJson>(command, context, url, async (store) => {
    const undone = await undo(store, service, { ...asked, why: why || undefined });
    if (!undone.ok) return err(notDone(undone.error, service));
    const { revision, id, keys } = undone.value;
    return ok({ service, revision: revisionNumber(revision), id, keys });
  });
}
