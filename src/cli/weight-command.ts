/**
 * `serin weight set|get`: the knob. Through the admin API, or with `--store` straight in the store;
 * both write by compare-and-swap, and both can wait until the proxies have accepted it.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { WaitJson } from "../admin/wait-routes.ts";
import type { WeightsJson, WrittenJson } from "../admin/weight-routes.ts";
import { limits } from "../config/limits.ts";
import { isName } from "../model/names.ts";
import {
  type AdminFlags,
  adminFlag,
  callAdmin,
  tellDiagnostics,
  tellFailure,
} from "./admin-client.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { acting, duration, flag, integerFrom, usageError } from "./flags.ts";
import { type StoreFlags, storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";
import { tellBehind, tellStanding } from "./wait-text.ts";
import { getInStore, setInStore } from "./weight-store.ts";

interface SetFlags extends Partial<StoreFlags>, AdminFlags, OutputFlags {
  readonly wait?: boolean;
  readonly minProxies: number;
  readonly strict?: boolean;
  readonly timeout: number;
}

type Weights = Readonly<Record<string, number>>;

export function addWeight(program: Command, context: CliContext): void {
  const weight = program
    .command("weight")
    .description("Show or change how a service's traffic is split.");
  addSet(weight, context);
  addGet(weight, context);
}

function addSet(weight: Command, context: CliContext): void {
  const command = weight
    .command("set")
    .description("Set the split of a service among its subsets; only the ratio counts.")
    .argument("<service>", "name of the service", serviceName)
    .argument("<subset=weight...>", "for example v1=90 v2=10", collectWeights);
  command
    .addOption(adminFlag())
    .addOption(flag("--wait", "SERIN_WAIT", "wait until every connected proxy has accepted it"))
    .addOption(
      flag("--timeout <duration>", "SERIN_TIMEOUT", "how long --wait waits", {
        fallback: `${limits.admin.waitMs / 1_000}s`,
        parse: waitTime,
      }),
    )
    .addOption(
      flag("--min-proxies <n>", "SERIN_MIN_PROXIES", "proxies --wait needs; 0: none is fine too", {
        fallback: 1,
        parse: integerFrom(0, 1_000_000),
      }),
    )
    .addOption(flag("--strict", "SERIN_STRICT", "end with 1 where there are warnings"))
    .addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
Warnings, such as one of a subset that no instance has, go to standard error; it is written all the
same. --wait ends with 3 where a proxy does not answer in time, or none is connected.

Where --store or SERIN_STORE names a store, it is written straight there.

Examples:
  serin weight set web v1=90 v2=10
  serin weight set web v1=0 v2=100 --wait --timeout 10s
  serin weight set web v1=90 v2=10 --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => setWeights(command, context)));
}

function addGet(weight: Command, context: CliContext): void {
  const command = weight
    .command("get")
    .description("Show the split that is set for a service.")
    .argument("<service>", "name of the service", serviceName);
  command.addOption(adminFlag()).addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText("after", "\nExamples:\n  serin weight get web\n  serin weight get web -o json")
    .action(acting(context, command, () => getWeights(command, context)));
}

function serviceName(text: string): string {
  if (isName(text)) return text;
  throw new InvalidArgumentError("not a name of a service.");
}

function collectWeights(text: string, previous: Weights | undefined): Weights {
  const match = /^([^=]+)=(\d{1,7}(?:\.\d+)?)$/.exec(text);
  const [, subset, weight] = match ?? [];
  if (subset === undefined || weight === undefined || !isName(subset)) {
    throw new InvalidArgumentError("expected SUBSET=WEIGHT, for example v1=90.");
  }
  if (previous !== undefined && Object.hasOwn(previous, subset)) {
    throw new InvalidArgumentError(`${subset} is given twice.`);
  }
  return { ...previous, [subset]: Number(weight) };
}

function waitTime(text: string): number {
  const ms = duration(text);
  if (ms <= limits.admin.waitMaxMs) return ms;
  throw new InvalidArgumentError(`at most ${limits.admin.waitMaxMs / 1_000}s.`);
}

/** The store to go to directly; a named admin API is preferred to a store from the environment. */
function directStore(command: Command): string | undefined {
  const { store } = command.opts<Partial<StoreFlags>>();
  const fromEnvironment = command.getOptionValueSource("store") === "env";
  return fromEnvironment && command.getOptionValueSource("admin") === "cli" ? undefined : store;
}

async function setWeights(command: Command, context: CliContext): Promise<number> {
  const [service, weights] = command.processedArgs as [string, Weights];
  const { output, wait, timeout, minProxies, strict } = command.opts<SetFlags>();
  if (Object.values(weights).every((each) => each === 0)) {
    usageError(command, "all weights are 0, so no subset would get traffic");
  }
  if (wait === true && directStore(command)?.startsWith("etcd") === false) {
    usageError(command, "--wait needs revisions that the server shares: etcd, or no --store");
  }
  const began = performance.now();
  const written = await write(command, context, service, weights);
  if (typeof written === "number") return written;
  const { revision, diagnostics } = written;
  const key = `weights/${service}`;
  const done = strict === true && diagnostics.length > 0 ? exitCodes.failed : exitCodes.done;
  const line = (): string => `${key} ${splitText(weights)} at revision ${revision}\n`;
  const answer = { service, weights, revision, ...(diagnostics.length > 0 && { diagnostics }) };
  tellDiagnostics(context, diagnostics, "warning: ");
  if (wait !== true) {
    context.io.stdout(formatted(output, answer, line));
    return done;
  }
  if (output === "table") context.io.stdout(line());
  const path = `/v1/wait?revision=${revision}&timeoutMs=${timeout}&minProxies=${minProxies}`;
  const applied = await callAdmin<WaitJson>(command, path, { extraMs: timeout });
  if (!applied.ok) return tellBehind(context, applied.error);
  const { proxies, standing } = applied.value;
  tellStanding(context, key, applied.value);
  const count = proxies === 1 ? "1 proxy" : `${proxies} proxies`;
  const ms = Math.round(performance.now() - began);
  const whole = { ...answer, proxies, ms, ...(standing.length > 0 && { standing }) };
  context.io.stdout(formatted(output, whole, () => `accepted by ${count} in ${ms} ms\n`));
  return done;
}

/** A number is the exit code of a failure that was told. */
async function write(
  command: Command,
  context: CliContext,
  service: string,
  weights: Weights,
): Promise<WrittenJson | number> {
  const store = directStore(command);
  if (store !== undefined) return setInStore(command, context, store, service, weights);
  const written = await callAdmin<WrittenJson>(command, `/v1/weights/${service}`, {
    method: "PUT",
    body: weights,
  });
  return written.ok ? written.value : tellFailure(context, written.error);
}

async function getWeights(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  const store = directStore(command);
  const read =
    store === undefined
      ? await callAdmin<WeightsJson>(command, `/v1/weights/${service}`)
      : await getInStore(command, context, store, service);
  if (!read.ok) return tellFailure(context, read.error);
  const { weights, revision } = read.value;
  if (weights === null) return tellBroken(context, read.value);
  const { output } = command.opts<OutputFlags>();
  const line = (): string => `weights/${service} ${splitText(weights)} at revision ${revision}\n`;
  context.io.stdout(formatted(output, read.value, line));
  return exitCodes.done;
}

/** Why a value cannot be read, and what counts in its place. */
function tellBroken(context: CliContext, read: WeightsJson): number {
  const { service, revision, diagnostics = [], inForce } = read;
  failed(context, `weights/${service} at revision ${revision} cannot be decoded:`);
  tellDiagnostics(context, diagnostics);
  context.io.stderr(`  in force: ${inForceText(inForce)}\n`);
  return exitCodes.failed;
}

function inForceText(inForce: WeightsJson["inForce"]): string {
  if (inForce === undefined) return "only the server knows (weight get without --store)";
  if (inForce === null) return "no weights; the instances' own tags decide";
  return `${splitText(inForce)}, the last good value`;
}

const splitText = (weights: Weights): string =>
  Object.entries(weights)
    .map(([subset, weight]) => `${subset}=${weight}`)
    .join(" ");
