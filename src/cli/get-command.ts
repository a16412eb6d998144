/** `serin get`: objects as they are in the store, in a form that `serin apply` takes back. */
import type { Command } from "commander";
import { ok, type Result } from "../lib/result.ts";
import { readKey } from "../store/decode/key.ts";
import { type AdminFailure, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { acting } from "./flags.ts";
import { kindsText, type NamedObjects, namedObjects } from "./object-argument.ts";
import { type Objects, objectFlags, type ReadObject, withObjects } from "./objects.ts";
import { formatted, type OutputFlags, outputFlag, plainText, tableText } from "./table.ts";

export function addGet(program: Command, context: CliContext): void {
  const command = program
    .command("get")
    .description("Show objects: all, of a kind, or one.")
    .argument("[kind]", "for example weights, routes or HTTPRoute")
    .argument("[name]", "what follows the kind in the key");
  command.addOption(outputFlag());
  for (const option of objectFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
Each has its key, the revision of its last write, and its value; secrets are not shown. With -o yaml or
json, what is printed can be given to serin apply -f, which then writes only over that revision.

${wrapped(kindsText)}

Examples:
  serin get
  serin get weights
  serin get weights web -o yaml
  serin get endpoints web
  serin get routes/web -o json --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => getObjects(command, context)));
}

async function getObjects(command: Command, context: CliContext): Promise<number> {
  const [kind, name] = command.processedArgs as [string | undefined, string | undefined];
  const named = namedObjects(command, kind, name);
  const read = await withObjects(command, context, (objects) => readNamed(objects, named));
  if (!read.ok) return tellFailure(context, read.error);
  const found = read.value;
  const { output } = command.opts<OutputFlags>();
  if (Array.isArray(found) && found.length === 0) {
    if (named.key !== undefined) return failed(context, `there is no ${named.key}`);
    context.io.stderr("serin: there are no such objects\n");
  }
  context.io.stdout(formatted(output, found, () => table(Array.isArray(found) ? found : [found])));
  return exitCodes.done;
}

/** The one object, or all that begin with what was named. */
async function readNamed(
  objects: Objects,
  { key, prefix }: NamedObjects,
): Promise<Result<ReadObject | readonly ReadObject[], AdminFailure>> {
  if (key === undefined || isPart(key)) return objects.list(prefix);
  const read = await objects.get(key);
  return !read.ok || read.value !== undefined ? (read as Result<ReadObject, AdminFailure>) : ok([]);
}

/** Their names have parts, of which the first may be named alone. */
const isPart = (key: string): boolean =>
  /^(?:endpoints|resources)\//.test(key) && readKey(key).kind === "wrong";

/** Characters of a value that a row shows. */
const valueChars = 100;

function table(found: readonly ReadObject[]): string {
  if (found.length === 0) return "";
  const rows = found.map(({ key, revision, value, broken }) => [
    plainText(key),
    revision === undefined ? "-" : String(revision),
    cut(plainText(broken === undefined ? JSON.stringify(value) : `cannot be read: ${broken}`)),
  ]);
  return tableText([["KEY", "REVISION", "VALUE"], ...rows]);
}

const cut = (text: string): string =>
  text.length <= valueChars ? text : `${text.slice(0, valueChars - 1)}…`;

const wrapped = (text: string): string => text.replaceAll(/(.{1,98})(?:\s|$)/g, "$1\n").trimEnd();
