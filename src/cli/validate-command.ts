/** `serin validate`: what a server would say of these objects, and whether an Envoy takes the result. */
import type { Command } from "commander";
import { diagnosticsJson } from "../admin/problem.ts";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../translate/translate.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { type Accused, type Asked, askEnvoy, type Verdict } from "./envoy-verdict.ts";
import { acting, flag, usageError } from "./flags.ts";
import { positionIn } from "./positions.ts";
import { defaultGatewayFlag } from "./serve-command.ts";
import { type StoreFlags, storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag, plainText } from "./table.ts";
import { fileFlag, type Input, placeText, readInput } from "./validate-input.ts";

interface ValidateFlags extends Partial<StoreFlags>, OutputFlags {
  readonly file?: readonly string[];
  readonly defaultGateway: HostPort | "off";
  readonly envoy: boolean;
  readonly strict?: boolean;
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
    .addOption(flag("--strict", "SERIN_STRICT", "warnings end it with 1 as well"))
    .addOption(flag("--no-envoy", "SERIN_NO_ENVOY", "do not ask an Envoy, even if one is at hand"))
    .addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
An error is what a server would refuse or leave out, and what the Envoy at hand rejects: exit code 1.
A warning is what it would take, and what may not do what is meant: warnings alone are 0, with --strict 1.
Behind each stands the line and column of its file.

Examples:
  serin validate -f ./config
  serin validate -f weights/web.yaml -f endpoints/web/a.yaml
  kubectl get httproutes -o yaml | serin validate -f - --strict
  serin validate --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => validate(command, context)));
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
  const asked = flags.envoy ? await askEnvoy(translation, decoded.state.nodeSnapshots) : undefined;
  const verdicts = asked?.verdicts ?? [];
  const answer = {
    objects: state.entries.size,
    diagnostics: diagnosticsJson(diagnostics).map((each) => located(each, files)),
    verdicts: verdicts.map(({ accused, ...verdict }) => ({
      ...verdict,
      accused: accused.map((each) => located(each, files)),
    })),
  };
  const table = (): string =>
    [
      ...diagnostics.map((each) => diagnosticLine(each, files)),
      ...verdicts.filter(({ accepted }) => !accepted).map((each) => verdictLines(each, files)),
      summary(state.entries.size, diagnostics, asked),
    ].join("");
  context.io.stdout(formatted(flags.output, answer, table));
  const isWrong =
    diagnostics.some(({ severity }) => flags.strict === true || severity === "error") ||
    verdicts.some(({ accepted }) => !accepted);
  return isWrong ? exitCodes.failed : exitCodes.done;
}

/** `error VALUE_INVALID weights/web: v1: expected … (weights/web.yaml:1:1)` */
function diagnosticLine(
  { severity, code, key, path, message }: Diagnostic,
  files: Input["files"],
): string {
  return `${severity} ${code} ${plainText(placed({ key, path, message }, files))}\n`;
}

function placed({ key, path, message }: Accused, files: Input["files"]): string {
  const where = path === "" ? key : `${key}: ${path}`;
  const file = files.get(key);
  return `${where}: ${message}${file === undefined ? "" : ` (${placeText(file, path)})`}`;
}

/** Where it stands, for programs. */
function located<T extends Pick<Accused, "key" | "path">>(
  each: T,
  files: Input["files"],
): T & { readonly file?: string; readonly line?: number; readonly column?: number } {
  const file = files.get(each.key);
  return file === undefined
    ? each
    : { ...each, file: file.file, ...positionIn(file.place, each.path) };
}

function verdictLines({ gateway, node, message, hint, accused }: Verdict, files: Input["files"]) {
  const key = node === "" ? `gateways/${gateway}` : `snapshots/${node}`;
  const where = gateway === "" && node === "" ? "" : ` ${key}`;
  const reasons = accused.map((each) => plainText(placed(each, files)));
  const lines = [...(reasons.length === 0 ? [message] : reasons), ...(hint === "" ? [] : [hint])];
  return `error ENVOY_REJECTS${where}:\n${lines.join("\n").replaceAll(/^/gm, "  ")}\n`;
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
