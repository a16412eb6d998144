/**
 * `serin edit`: an object in the editor, and back. It comes back to the editor while it is not valid, with what
 * is wrong; and whatever goes wrong after that, the text is kept.
 */
import type { Command } from "commander";
import { redacted } from "../admin/redact.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type AdminFailure, tellFailure } from "./admin-client.ts";
import { authorFlags, authorOf } from "./author.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { without } from "./direct-store.ts";
import { type Draft, draftOf, editorOf, runEditor } from "./editor.ts";
import { acting, usageError } from "./flags.ts";
import { namedObjects } from "./object-argument.ts";
import { type Objects, type ObjectText, objectFlags, withObjects } from "./objects.ts";
import { plainText } from "./table.ts";

export function addEdit(program: Command, context: CliContext): void {
  const command = program
    .command("edit")
    .description("Change an object in an editor.")
    .argument("<kind>", "for example weights, routes or HTTPRoute")
    .argument("[name]", "what follows the kind in the key");
  for (const option of [...authorFlags(), ...objectFlags()]) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
The editor is that of SERIN_EDITOR, VISUAL or EDITOR, else vi. What is not valid comes back with what is wrong;
to give up, save it as it was, or empty. If somebody else has written the object meanwhile, theirs stays, and
your text is kept in a file that serin diff and serin apply take. An object with a secret, which is
not shown, cannot be edited: apply its file.

Examples:
  serin edit weights web
  EDITOR='code --wait' serin edit routes/web --why 'INC-2291'
  serin edit gateways edge --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => edit(command, context)));
}

async function edit(command: Command, context: CliContext): Promise<number> {
  const [kind, name] = command.processedArgs as [string, string | undefined];
  const { key } = namedObjects(command, kind, name);
  if (key === undefined) return usageError(command, "name the object: serin edit KIND NAME");
  const edited = await withObjects(command, context, async (objects) => {
    const read = await editable(objects, key);
    if (!read.ok) return read;
    const draft = await draftOf(key);
    const outcome = await editDraft(command, context, { objects, key, draft, read: read.value });
    if (outcome.ok) await draft.remove();
    return outcome;
  });
  if (!edited.ok) return tellFailure(context, edited.error);
  context.io.stdout(plainText(`${key} ${edited.value}`).concat("\n"));
  return exitCodes.done;
}

async function editable(objects: Objects, key: string): Promise<Result<ObjectText, AdminFailure>> {
  const read = await objects.text(key);
  if (!read.ok) return read;
  if (read.value === undefined) return err(without(`there is no ${key}`));
  if (!read.value.text.includes(redacted)) return ok(read.value);
  return err(without(`${key} has a secret, which is not shown: change its file, and apply it`));
}

interface Editing {
  readonly objects: Objects;
  readonly key: string;
  readonly draft: Draft;
  readonly read: ObjectText;
}

/** What came of it, in a word or two. A failure names the file where the text is kept. */
async function editDraft(
  command: Command,
  context: CliContext,
  { objects, key, draft, read }: Editing,
): Promise<Result<string, AdminFailure>> {
  const kept = (failure: AdminFailure): Result<never, AdminFailure> =>
    err({ ...failure, detail: `${failure.detail}; your text is kept in ${draft.path}` });
  let before = read.text;
  let notes = [`${key} at revision ${read.revision}; lines like this one are left out`];
  for (;;) {
    await draft.write(withNotes(before, notes));
    const code = await runEditor(editorOf(context.env), draft.path);
    const text = withoutNotes(await draft.read());
    if (code !== 0) return kept(without(`the editor ended with ${code}`));
    if (text.trim() === "" || text === read.text) return ok("left as it is");
    const bytes = Buffer.from(text);
    const tried = await objects.dryRun(key, bytes);
    if (tried.ok) {
      const author = authorOf(command, context.env, "edit");
      const written = await objects.write(key, bytes, { author, expected: read.revision });
      if (!written.ok) return kept(written.error);
      const { result, revision } = written.value;
      return ok(`${result} at revision ${revision}`);
    }
    // Nobody is there who would mend it.
    if (text === before || tried.error.members["diagnostics"] === undefined)
      return kept(tried.error);
    notes = notesOf(tried.error);
    before = text;
  }
}

const noteMark = "#serin: ";

const withNotes = (text: string, notes: readonly string[]): string =>
  notes.map((note) => `${noteMark}${plainText(note)}\n`).join("") + text;

const withoutNotes = (text: string): string =>
  text
    .split("\n")
    .filter((line) => !line.startsWith(noteMark.trimEnd()))
    .join("\n");

function notesOf({ detail, members }: AdminFailure): string[] {
  const diagnostics = members["diagnostics"] as readonly {
    readonly path: string;
    readonly message: string;
  }[];
  const lines = diagnostics.map(({ path, message }) =>
    path === "" ? message : `${path}: ${message}`,
  );
  return [`${detail}:`, ...lines];
}
