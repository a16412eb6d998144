/**
 * `serin explain`: which route, version and instances a request gets. From what a running serin has
 * in force, or with `--store` or `--file` worked out here.
 */
import { type Command, InvalidArgumentError } from "commander";
import { nothingFound, parseHeader, questionQuery } from "../admin/explain-routes.ts";
import { explainSource } from "../admin/explain-source.ts";
import type { ExplainJson } from "../api/explain.ts";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { answer, type Question } from "../explain/answer.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../translate/translate.ts";
import { type AdminFlags, adminFlag, fromAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { explainText } from "./explain-text.ts";
import { acting, flag, usageError } from "./flags.ts";
import { defaultGatewayFlag } from "./serve-command.ts";
import { type StoreFlags, storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";
import { fileFlag, readInput } from "./validate-input.ts";

interface ExplainFlags extends Partial<StoreFlags>, AdminFlags, OutputFlags {
  readonly path: string;
  readonly method?: string;
  readonly header?: readonly (readonly [string, string])[];
  readonly gateway?: string;
  readonly listener?: string;
  readonly node?: string;
  readonly grpc?: boolean;
  readonly file?: readonly string[];
  readonly defaultGateway: HostPort | "off";
}

export function addExplain(program: Command, context: CliContext): void {
  const command = program
    .command("explain")
    .description("Show which route, version and instances a request gets, and why.")
    .argument("<service or host>", "what the request has in Host, with a port or without");
  command
    .addOption(
      flag("--path <path>", "SERIN_PATH", "path with query", { fallback: "/", parse: path }),
    )
    .addOption(flag("--method <method>", "SERIN_METHOD", "GET, or POST with --grpc"))
    .addOption(
      flag("-H, --header <header>", "SERIN_HEADER", "'Name: value'; may be repeated", {
        parse: collectHeader,
      }),
    )
    .addOption(flag("--gateway <name>", "SERIN_GATEWAY", "only this gateway; else all of them"))
    .addOption(flag("--listener <name>", "SERIN_LISTENER", "only listeners of this name"))
    .addOption(flag("--node <id>", "SERIN_NODE", "only what the proxy of this id gets"))
    .addOption(flag("--grpc", "SERIN_GRPC", "what a gRPC client without a proxy gets (xds:///…)"))
    .addOption(fileFlag("folder laid out like a store, or a file"))
    .addOption(adminFlag())
    .addOption(defaultGatewayFlag())
    .addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
A split by the hash of a user is told exactly: the same as every Envoy, for every id. What chance
decides is told in shares. Below stand the proxies that run it: those that have accepted every resource
that the answer was read from. With --store or --file no server is asked, so that nothing is known of
proxies, and of a --node only what its id alone says.

Examples:
  serin explain web
  serin explain shop.example --path /cart -H 'x-user-id: alice'
  serin explain web --grpc --path /shop.Cart/Get
  serin explain web -f ./config -o json`,
    )
    .action(acting(context, command, () => explain(command, context)));
}

function path(text: string): string {
  if (text.startsWith("/")) return text;
  throw new InvalidArgumentError("a path starts with /.");
}

function collectHeader(text: string, previous: unknown): readonly (readonly [string, string])[] {
  const header = parseHeader(text);
  if (header === undefined) throw new InvalidArgumentError("expected 'Name: value'.");
  return [...((previous as readonly (readonly [string, string])[] | undefined) ?? []), header];
}

async function explain(command: Command, context: CliContext): Promise<number> {
  const flags = command.opts<ExplainFlags>();
  const question = questionOf(command);
  const answered = isOffline(command)
    ? await explainHere(command, context, question)
    : await explainThere(command, context, question);
  if (typeof answered === "number") return answered;
  context.io.stdout(formatted(flags.output, answered, () => explainText(answered)));
  return exitCodes.done;
}

function questionOf(command: Command): Question {
  const [host = ""] = command.processedArgs as [string];
  const flags = command.opts<ExplainFlags>();
  const { grpc = false, header: headers = [], gateway, listener, node } = flags;
  if (grpc && (gateway !== undefined || listener !== undefined || node !== undefined)) {
    usageError(command, "--grpc has no --gateway, --listener or --node: there is no proxy");
  }
  const type = ["content-type", "application/grpc"] as const;
  return {
    host,
    path: flags.path,
    method: flags.method ?? (grpc ? "POST" : "GET"),
    headers: grpc ? [...headers, type] : headers,
    gateways: gateway === undefined ? undefined : [gateway],
    listener,
    grpc,
  };
}

/** A named admin API is preferred to a store from the environment. */
function isOffline(command: Command): boolean {
  const { file, store } = command.opts<ExplainFlags>();
  const named = (flagName: string): boolean => command.getOptionValueSource(flagName) === "cli";
  if (named("admin") && !named("file") && !named("store")) return false;
  return file !== undefined || store !== undefined;
}

/** A number is the exit code of a failure that was told. */
async function explainThere(
  command: Command,
  context: CliContext,
  question: Question,
): Promise<ExplainJson | number> {
  const { node } = command.opts<ExplainFlags>();
  const asked = await fromAdmin(command, (api) =>
    api.call("GET /v1/explain", { query: questionQuery(question, node) }),
  );
  return asked.ok ? asked.value : tellFailure(context, asked.error);
}

async function explainHere(
  command: Command,
  context: CliContext,
  question: Question,
): Promise<ExplainJson | number> {
  const { node, defaultGateway: at } = command.opts<ExplainFlags>();
  const input = await readInput(command, context);
  if (!input.ok) return failed(context, input.error);
  const decoded = createDecoder().start(input.value.state);
  const defaultGateway = at === "off" ? undefined : builtInGateway(at);
  const translation = createTranslator({ defaultGateway, limits: limits.decode })(decoded.state);
  const all = [...decoded.diagnostics, ...translation.diagnostics];
  const errors = all.filter(({ severity }) => severity === "error").length;
  if (errors > 0) {
    context.io.stderr(`warning: ${errors} errors in the objects: see serin validate\n`);
  }
  const identity = node === undefined ? undefined : { id: node, cluster: "", metadata: new Map() };
  const routes = () => decoded.state.routes.values();
  const source = explainSource(translation, identity, { diagnostics: all, routes });
  const answers = answer(source, question);
  if (answers.length === 0) return failed(context, nothingFound(question, node, source));
  const unasked = answers.map((each) => ({ ...each, running: null }));
  return { revision: Number(source.revision), answers: unasked };
}
