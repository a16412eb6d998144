/** `serin validate`: what a server would say of these objects, and whether an Envoy takes the result. */
import type { Command } from "commander";
import { diagnosticsJson } from "../admin/problem.ts";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import type { FoundBinary } from "../dev/binaries.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { Resource } from "../snapshot/resource.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { createTranslator, type Translation } from "../translate/translate.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { envoyAccepts, envoyAtHand } from "./envoy-check.ts";
import { acting, flag, usageError } from "./flags.ts";
import { defaultGatewayFlag } from "./serve-command.ts";
import { staticBootstrap } from "./static-bootstrap.ts";
import { type StoreFlags, storeFlags } from "./store-flags.ts";
import { findSuspects, suspectsText } from "./suspects.ts";
import { formatted, type OutputFlags, outputFlag, plainText } from "./table.ts";
import { fileFlag, readInput } from "./validate-input.ts";

interface ValidateFlags extends Partial<StoreFlags>, OutputFlags {
  readonly file?: readonly string[];
  readonly defaultGateway: HostPort | "off";
  readonly envoy: boolean;
}

export function addValidate(program: Command, context: CliContext): void {
  const command = program
    .command("validate")
    .description("Check objects, in files or in a store, without serving them.")
    // Told in words of this command: see below.
    .allowExcessArguments();
  command
    .addOption(
      fileFlag(
        "folder laid out like a store, a file such as weights/web.yaml, or documents with keys; may be repeated",
      ),
    )
    .addOption(defaultGatewayFlag())
    .addOption(flag("--no-envoy", "SERIN_NO_ENVOY", "do not ask an Envoy, even if one is at hand"))
    .addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
An error is what a server would refuse or leave out, and what the Envoy at hand rejects: exit code 1.
A warning is what it would take, and what may not do what is meant: warnings alone are 0.

Examples:
  serin validate -f ./config
  serin validate -f weights/web.yaml -f endpoints/web/a.yaml
  serin validate --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => validate(command, context)));
}

/** What Envoy said of the configuration of one gateway, or of one node with a snapshot of its own. */
interface Verdict {
  /** Empty where there is none. */
  readonly gateway: string;
  /** Id of the node; empty for a gateway. */
  readonly node: string;
  readonly accepted: boolean;
  readonly message: string;
  /** Raw resources without any one of which Envoy takes the rest. */
  readonly suspects: readonly string[];
  /** The same in words. */
  readonly hint: string;
}

async function validate(command: Command, context: CliContext): Promise<number> {
  const flags = command.opts<ValidateFlags>();
  const [bare] = command.args;
  if (bare !== undefined) usageError(command, `a file or folder is named by -f: -f ${bare}`);
  const input = await readInput(command, context);
  if (!input.ok) return failed(context, input.error);
  const { state, files } = input.value;
  const decoded = createDecoder().start(state);
  const { defaultGateway: at } = flags;
  const defaultGateway = at === "off" ? undefined : builtInGateway(at);
  const options = { defaultGateway, limits: limits.decode };
  const translation = createTranslator(options)(decoded.state);
  const diagnostics = [...decoded.diagnostics, ...translation.diagnostics];
  const asked = flags.envoy ? await askEnvoy(translation) : undefined;
  const verdicts = asked?.verdicts ?? [];
  const answer = {
    objects: state.entries.size,
    diagnostics: diagnosticsJson(diagnostics),
    verdicts,
  };
  const table = (): string =>
    [
      ...diagnostics.map((each) => diagnosticLine(each, files)),
      ...verdicts.filter(({ accepted }) => !accepted).map(verdictLines),
      summary(state.entries.size, diagnostics, asked),
    ].join("");
  context.io.stdout(formatted(flags.output, answer, table));
  const isWrong =
    diagnostics.some(({ severity }) => severity === "error") ||
    verdicts.some(({ accepted }) => !accepted);
  return isWrong ? exitCodes.failed : exitCodes.done;
}

interface Asked {
  /** Which Envoy was asked, or why none was. */
  readonly note: string;
  readonly verdicts: readonly Verdict[];
}

async function askEnvoy(translation: Translation): Promise<Asked> {
  const envoy = await envoyAtHand();
  if (!envoy.ok)
    return { note: "no Envoy is at hand to ask (SERIN_ENVOY names one)", verdicts: [] };
  const shared = [...translation.shared.values()].flatMap(({ resources }) => resources);
  const own = [...translation.gateways].map(
    ([name, { bundle }]): readonly [string, readonly Resource[]] => [name, bundle.resources],
  );
  const verdicts: Verdict[] = [];
  for (const [gateway, resources] of own.length === 0 ? [["", []] as const] : own) {
    const place = { gateway, node: "" };
    verdicts.push(await verdictOn(envoy.value, place, [...shared, ...resources]));
  }
  for (const [node, { resources }] of translation.nodes) {
    verdicts.push(await verdictOn(envoy.value, { gateway: "", node }, resources));
  }
  return { note: `asked Envoy ${envoy.value.version}`, verdicts };
}

async function verdictOn(
  envoy: FoundBinary,
  place: Pick<Verdict, "gateway" | "node">,
  resources: readonly Resource[],
): Promise<Verdict> {
  const answer = await envoyAccepts(envoy, staticBootstrap(resources));
  if (answer.ok) return { ...place, accepted: true, message: "", suspects: [], hint: "" };
  const found = await findSuspects(
    resources,
    async (rest) => (await envoyAccepts(envoy, staticBootstrap(rest))).ok,
  );
  const { keys: suspects } = found;
  return { ...place, accepted: false, message: answer.error, suspects, hint: suspectsText(found) };
}

function diagnosticLine(
  { severity, code, key, path, message }: Diagnostic,
  files: ReadonlyMap<string, string>,
): string {
  const where = path === "" ? key : `${key}: ${path}`;
  const file = files.get(key);
  const origin = file === undefined ? "" : ` (${file})`;
  return `${severity} ${code} ${plainText(`${where}: ${message}`)}${plainText(origin)}\n`;
}

function verdictLines({ gateway, node, message, hint }: Verdict): string {
  const key = node === "" ? `gateways/${gateway}` : `snapshots/${node}`;
  const where = gateway === "" && node === "" ? "" : ` ${key}`;
  const lines = [message, ...(hint === "" ? [] : [hint])].join("\n");
  return `error ENVOY_REJECTS${where}:\n${lines.replaceAll(/^/gm, "  ")}\n`;
}

function summary(
  objects: number,
  diagnostics: readonly Diagnostic[],
  asked: Asked | undefined,
): string {
  const warnings = diagnostics.filter(({ severity }) => severity === "warning").length;
  const rejected = asked?.verdicts.filter(({ accepted }) => !accepted).length ?? 0;
  const errors = diagnostics.length - warnings + rejected;
  const counts = [
    counted(objects, "object"),
    counted(errors, "error"),
    counted(warnings, "warning"),
  ];
  return `${counts.join(", ")}${asked === undefined ? "" : `; ${asked.note}`}\n`;
}

const counted = (count: number, what: string): string =>
  `${count} ${what}${count === 1 ? "" : "s"}`;
