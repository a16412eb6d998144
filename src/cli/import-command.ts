/** `serin import`: objects of other systems as serin's own, to be looked at and applied. Writes nothing there. */
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import { stringify } from "yaml";
import { importApisix } from "../import/apisix/apisix.ts";
import { importHttpRoutes } from "../import/httproute/http-route.ts";
import type { Imported, ImportedObject } from "../import/report.ts";
import { importTraefik } from "../import/traefik/traefik.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { acting, flag, usageError } from "./flags.ts";
import { documentsIn, pairsIn, readText } from "./import-input.ts";
import { openNamedStore, storeFlags } from "./store-flags.ts";
import { plainText } from "./table.ts";

interface ImportFlags {
  readonly file?: string;
  readonly from?: string;
  readonly prefix: string;
  readonly output: "yaml" | "json";
  readonly out?: string;
  readonly partial?: boolean;
}

type Pairs = ReadonlyMap<string, string>;

export function addImport(program: Command, context: CliContext): void {
  const command = program
    .command("import")
    .description(
      "Make objects of serin's of HTTPRoutes of Kubernetes, or of another system's tree.",
    );
  command.addOption(fileFlag("file of HTTPRoutes, or - for standard input"));
  addOutput(command);
  command
    .addHelpText(
      "after",
      `
What cannot be carried over is told field by field on standard error, and ends it with 1 unless --partial
is given; notes tell what is carried over and yet not the same. Instances of Services are not in an
HTTPRoute: write them as endpoints/.

Examples:
  kubectl get httproute -A -o yaml | serin import -f - | serin apply -f -
  serin import -f routes.yaml --out ./config
  serin import traefik --from etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => importRoutes(command, context)));
  addTree(command, context, "traefik", "traefik/", importTraefik);
  addTree(command, context, "apisix", "/apisix/", importApisix);
}

const fileFlag = (description: string) => flag("-f, --file <path>", "SERIN_FILE", description);

function addOutput(command: Command): void {
  command
    .addOption(
      flag("-o, --output <format>", "SERIN_OUTPUT", "form of the objects", {
        fallback: "yaml",
        choices: ["yaml", "json"],
      }),
    )
    .addOption(flag("--out <dir>", "SERIN_OUT", "write a file for each object below it instead"))
    .addOption(flag("--partial", "SERIN_PARTIAL", "end with 0 though not all was carried over"));
}

/** Of a system that has its objects in a key-value store. */
function addTree(
  parent: Command,
  context: CliContext,
  name: string,
  root: string,
  convert: (pairs: Pairs) => Imported,
): void {
  const command = parent
    .command(name)
    .description(`Make objects of serin's of ${name}'s tree in etcd.`)
    .addOption(fileFlag("dump: a map of keys and values, or of etcdctl get --prefix -w json"))
    .addOption(
      flag("--from <url>", "SERIN_FROM", "etcd://h1:2379,h2:2379 or etcds://…, read only"),
    );
  // The store is not serin's own: --from names it.
  command.addOption(
    flag("--prefix <prefix>", "SERIN_IMPORT_PREFIX", `root of ${name}'s keys`, { fallback: root }),
  );
  for (const option of storeFlags()) {
    if (option.long !== "--store" && option.long !== "--prefix") command.addOption(option);
  }
  addOutput(command);
  command
    .addHelpText(
      "after",
      `
Examples:
  serin import ${name} --from etcd://127.0.0.1:2379 > objects.yaml
  etcdctl get --prefix ${root} -w json | serin import ${name} -f - --out ./config`,
    )
    .action(
      acting(context, command, async () => {
        const pairs = await readPairs(command, context);
        if (!pairs.ok) return failed(context, pairs.error);
        return tell(command, context, convert(pairs.value));
      }),
    );
}

async function importRoutes(command: Command, context: CliContext): Promise<number> {
  const { file } = command.opts<ImportFlags>();
  if (file === undefined) return usageError(command, "name a file by -f, or say traefik or apisix");
  const text = await readText(context, file);
  const documents = text.ok ? documentsIn(text.value) : text;
  if (!documents.ok) return failed(context, `${file}: ${documents.error}`);
  const isEmpty = documents.value.every((each) => each === null || each === undefined);
  if (isEmpty) return failed(context, `${file}: there is nothing in it`);
  return tell(command, context, importHttpRoutes(documents.value));
}

async function readPairs(command: Command, context: CliContext): Promise<Result<Pairs, string>> {
  const { file, from, prefix } = command.opts<ImportFlags>();
  if ((file === undefined) === (from === undefined)) {
    return usageError(command, "name a store by --from, or a dump by -f");
  }
  if (file !== undefined) {
    const text = await readText(context, file);
    return text.ok ? pairsIn(text.value, prefix) : text;
  }
  if (from === undefined || !/^etcds?:/.test(from)) {
    return usageError(command, "--from: expected etcd://h1:2379,h2:2379 or etcds://…");
  }
  const store = await openNamedStore(command, from, context.env);
  if (!store.ok) return store;
  try {
    const listed = await store.value.list("");
    if (!listed.ok) return err(listed.error.message);
    const { entries } = listed.value;
    if (entries.size === 0) return err(`there is no key below ${prefix}`);
    return ok(
      new Map([...entries].map(([key, { value }]) => [key, Buffer.from(value).toString()])),
    );
  } finally {
    await store.value.close();
  }
}

async function tell(
  command: Command,
  context: CliContext,
  { objects, findings }: Imported,
): Promise<number> {
  const { out, output, partial } = command.opts<ImportFlags>();
  for (const { kind, source, path, message } of findings) {
    const where = path === "" ? source : `${source}: ${path}`;
    context.io.stderr(`${kind}: ${plainText(`${where}: ${message}`)}\n`);
  }
  if (out === undefined) context.io.stdout(textOf(objects, output));
  else {
    const written = await writeAll(out, objects, output);
    if (!written.ok) return failed(context, written.error);
  }
  const lost = findings.filter(({ kind }) => kind === "lost").length;
  if (lost === 0 || partial === true) return exitCodes.done;
  const what = lost === 1 ? "1 thing was" : `${lost} things were`;
  const rest = `the rest is ${out === undefined ? "above" : `in ${out}`}`;
  return failed(context, `${what} not carried over; ${rest}, which --partial takes for success`);
}

/** As `serin apply -f -` reads them. */
function textOf(objects: readonly ImportedObject[], output: ImportFlags["output"]): string {
  if (output === "json") return `${JSON.stringify(objects, null, 2)}\n`;
  return objects.map((each) => `---\n${yamlOf(each)}`).join("");
}

const yamlOf = (value: unknown): string =>
  stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });

/** A folder that is laid out like a store. */
async function writeAll(
  folder: string,
  objects: readonly ImportedObject[],
  output: ImportFlags["output"],
): Promise<Result<undefined, string>> {
  try {
    for (const { key, value } of objects) {
      const file = join(folder, `${key}.${output}`);
      await mkdir(dirname(file), { recursive: true });
      const text = output === "json" ? `${JSON.stringify(value, null, 2)}\n` : yamlOf(value);
      // What is there already was written by somebody.
      await writeFile(file, text, { flag: "wx" });
    }
    return ok(undefined);
  } catch (error) {
    return err(`cannot write objects: ${(error as Error).message}`);
  }
}
