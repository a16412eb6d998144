/**
 * `serin weight set|unset|get`: the knob. Through the admin API, or with `--store` straight in the store;
 * both write by compare-and-swap, and both can wait until the proxies have accepted it.
 */
import { type Command, InvalidArgumentError } from "commander";
import type { WeightsJson } from "../api/weights.ts";
import { isName } from "../model/names.ts";
import { adminFlag, fromAdmin, tellDiagnostics, tellFailure } from "./admin-client.ts";
import { authorOf } from "./author.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { directStore } from "./direct-store.ts";
import { acting, flag, usageError } from "./flags.ts";
import { serviceName } from "./service-argument.ts";
import { storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";
import { getInStore, setInStore, unsetInStore } from "./weight-store.ts";
import { checkWait, tellNotWritten, tellWritten, writeFlags } from "./write-wait.ts";

interface SetFlags {
  readonly strict?: boolean;
  readonly force?: boolean;
}

type Weights = Readonly<Record<string, number>>;

export function addWeight(program: Command, context: CliContext): void {
  const weight = program
    .command("weight")
    .description("Show or change how a service's traffic is split.");
  addSet(weight, context);
  addUnset(weight, context);
  addGet(weight, context);
}

function addSet(weight: Command, context: CliContext): void {
  const command = weight
    .command("set")
    .description("Set the split of a service among its subsets; only the ratio counts.")
    .argument("<service>", "name of the service", serviceName)
    .argument("<subset=weight...>", "for example v1=90 v2=10", collectWeights);
  command
    .addOption(flag("--force", "SERIN_FORCE", "also for a service of which nothing is there yet"))
    .addOption(flag("--strict", "SERIN_STRICT", "end with 1 where there are warnings"));
  for (const option of writeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
A service that has no instance and that no object names is refused, as it would be served, with 503.
Warnings, such as one of a subset that no instance has, go to standard error; it is written all the
same. --wait ends with 3 where a proxy does not answer in time, or none is connected.

Where --store or SERIN_STORE names a store, it is written straight there.

Examples:
  serin weight set web v1=90 v2=10
  serin weight set web v1=0 v2=100 --wait --timeout 10s
  serin weight set web v1=100 v2=0 --why 'v2 is slow, INC-2291'
  serin weight set web v1=90 v2=10 --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => setWeights(command, context)));
}

function addUnset(weight: Command, context: CliContext): void {
  const command = weight
    .command("unset")
    .description("Take the split of a service back; its instances' own weights count again.")
    .argument("<service>", "name of the service", serviceName);
  for (const option of writeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
Examples:
  serin weight unset web --wait
  serin weight unset wbe --store etcd://127.0.0.1:2379`,
    )
    .action(acting(context, command, () => unsetWeights(command, context)));
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

async function setWeights(command: Command, context: CliContext): Promise<number> {
  const [service, weights] = command.processedArgs as [string, Weights];
  const { strict, force = false } = command.opts<SetFlags>();
  if (Object.values(weights).every((each) => each === 0)) {
    usageError(command, "all weights are 0, so no subset would get traffic");
  }
  checkWait(command);
  const began = performance.now();
  const store = directStore(command);
  const author = authorOf(command, context.env, "weight set");
  const written =
    store === undefined
      ? await fromAdmin(command, (api) =>
          api.call("PUT /v1/weights/{service}", {
            params: { service },
            query: { force, ...author },
            body: weights,
          }),
        )
      : await setInStore(command, context, store, { service, weights, force, author });
  if (!written.ok) return tellNotWritten(command, context, service, written.error);
  const { revision, unchanged, diagnostics } = written.value;
  const key = `weights/${service}`;
  const since = unchanged === true ? "unchanged since revision" : "at revision";
  const line = `${key} ${splitText(weights)} ${since} ${revision}\n`;
  const same = unchanged === true && { unchanged };
  const answer = {
    ...{ service, weights, revision, ...same },
    ...(diagnostics.length > 0 && { diagnostics }),
  };
  tellDiagnostics(context, diagnostics, "warning: ");
  const code = await tellWritten(command, context, { key, line, answer, began });
  const isWarned = strict === true && diagnostics.length > 0;
  return code === exitCodes.done && isWarned ? exitCodes.failed : code;
}

async function unsetWeights(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  checkWait(command);
  const began = performance.now();
  const store = directStore(command);
  const author = authorOf(command, context.env, "weight unset");
  const removed =
    store === undefined
      ? await fromAdmin(command, (api) =>
          api.call("DELETE /v1/weights/{service}", { params: { service }, query: { ...author } }),
        )
      : await unsetInStore(command, context, store, { service, author });
  if (!removed.ok) return tellNotWritten(command, context, service, removed.error);
  const { revision } = removed.value;
  const key = `weights/${service}`;
  const line = `${key} removed at revision ${revision}\n`;
  return tellWritten(command, context, { key, line, answer: removed.value, began });
}

async function getWeights(command: Command, context: CliContext): Promise<number> {
  const [service] = command.processedArgs as [string];
  const store = directStore(command);
  const read =
    store === undefined
      ? await fromAdmin(command, (api) =>
          api.call("GET /v1/weights/{service}", { params: { service } }),
        )
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
