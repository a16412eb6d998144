/** `serin plan`: what objects in files would change, before they are written. */
import type { Command } from "commander";
import { diagnosticsJson } from "../admin/problem.ts";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { err, ok } from "../lib/result.ts";
import { type ChangePlan, changePlan } from "../plan/change-plan.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { tellFailure } from "./admin-client.ts";
import { comparedObjects } from "./compared-objects.ts";
import { type CliContext, comparisonCodes, troubled } from "./context.ts";
import { storeFailure, withStore } from "./direct-store.ts";
import { acting, usageError } from "./flags.ts";
import { planText } from "./plan-text.ts";
import { defaultGatewayFlag } from "./serve-command.ts";
import { type StoreFlags, storeFlags } from "./store-flags.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";
import { paintFor } from "./terminal.ts";
import { type FileFlags, fileFlag } from "./validate-input.ts";

interface PlanFlags extends FileFlags, OutputFlags, Partial<StoreFlags> {
  readonly defaultGateway: HostPort | "off";
}

export function addPlan(program: Command, context: CliContext): void {
  const command = program
    .command("plan")
    .description("Show what objects in files would change, in weights and in Envoy's resources.");
  command
    .addOption(fileFlag("file, folder, or - for standard input; may be repeated"))
    .addOption(defaultGatewayFlag())
    .addOption(outputFlag());
  for (const option of storeFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
The store's content is translated as it is, and as it would be; nothing is written, and no server is
asked. The store may be a folder: that of another branch, for example. Weights are percent of a service's
traffic. Resources: + would come, ~ would change, - would go; "shared" are those that several gateways
and gRPC clients may get.

Exit codes, as of serin diff: 0 nothing would change, 1 something would, 2 refused, failed or wrong usage.

Examples:
  serin plan -f web.yaml --store etcd://127.0.0.1:2379
  serin plan -f ./config --store file:../main/config -o json`,
    )
    .action(acting(context, command, () => plan(command, context)));
}

async function plan(command: Command, context: CliContext): Promise<number> {
  const { store: url, defaultGateway: at, output } = command.opts<PlanFlags>();
  if (url === undefined) return usageError(command, "name the store by --store");
  const read = await comparedObjects(command, context);
  if (!read.ok) return troubled(context, read.error);
  const listed = await withStore(command, context, url, async (store) => {
    const all = await store.list("");
    return all.ok ? ok(all.value) : err(storeFailure(all.error));
  });
  if (!listed.ok) {
    tellFailure(context, listed.error);
    return comparisonCodes.trouble;
  }
  const defaultGateway = at === "off" ? undefined : builtInGateway(at);
  const wanted = new Map(read.value.map(({ key, value }) => [key, value]));
  const made = changePlan(listed.value, wanted, { defaultGateway, limits: limits.decode });
  const answer = { ...made, diagnostics: diagnosticsJson(made.diagnostics) };
  context.io.stdout(formatted(output, answer, () => planText(made, paintFor(context))));
  return codeOf(made);
}

function codeOf({ objects, diagnostics }: ChangePlan): number {
  if (diagnostics.some(({ severity }) => severity === "error")) return comparisonCodes.trouble;
  const isSame = objects.every(({ result }) => result === "unchanged");
  return isSame ? comparisonCodes.same : comparisonCodes.different;
}
