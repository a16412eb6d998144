/** `serin plan`: what objects in files would change, before they are written. */
import type { Command } from "commander";
import { diagnosticsJson } from "../admin/problem.ts";
import type { Sent } from "../api/calls.ts";
import type { PlanJson } from "../api/plan.ts";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { assert } from "../lib/assert.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { changePlan } from "../plan/change-plan.ts";
import { parseValue } from "../store/decode/parse.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { type AdminFailure, fromAdmin, tellFailure } from "./admin-client.ts";
import { comparedObjects } from "./compared-objects.ts";
import { type CliContext, comparisonCodes, troubled } from "./context.ts";
import { directStore, storeFailure, withStore } from "./direct-store.ts";
import { acting } from "./flags.ts";
import { planText } from "./plan-text.ts";
import { checkContentFlags, contentFlags } from "./snapshot-content.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";
import { paintFor } from "./terminal.ts";
import { type FileFlags, type FileObject, fileFlag } from "./validate-input.ts";

interface PlanFlags extends FileFlags, OutputFlags {
  readonly defaultGateway: HostPort | "off";
}

export function addPlan(program: Command, context: CliContext): void {
  const command = program
    .command("plan")
    .description("Show what objects in files would change, in weights and in Envoy's resources.");
  command
    .addOption(fileFlag("file, folder, or - for standard input; may be repeated"))
    .addOption(outputFlag());
  for (const option of contentFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
What the store has is translated as it is, and as it would be; nothing is written. The server does it or,
with --store, this command itself: that store may be a folder, of another branch for example, and
--default-gateway is for it alone. Weights are percent of a service's traffic. Resources: + would come,
~ would change, - would go; "shared" are those that several gateways and gRPC clients may get.

Exit codes, as of serin diff: 0 nothing would change, 1 something would, 2 refused, failed or wrong usage.

Examples:
  serin plan -f web.yaml
  serin plan -f web.yaml --store etcd://127.0.0.1:2379
  serin plan -f ./config --store file:../main/config -o json`,
    )
    .action(acting(context, command, () => plan(command, context)));
}

async function plan(command: Command, context: CliContext): Promise<number> {
  const { output } = command.opts<PlanFlags>();
  const store = directStore(command);
  checkContentFlags(command);
  const read = await comparedObjects(command, context);
  if (!read.ok) return troubled(context, read.error);
  const made =
    store === undefined
      ? await planByApi(command, read.value)
      : await planOfStore(command, context, store, read.value);
  if (!made.ok) {
    tellFailure(context, made.error);
    return comparisonCodes.trouble;
  }
  context.io.stdout(formatted(output, made.value, () => planText(made.value, paintFor(context))));
  return codeOf(made.value);
}

/** Without the server's proxies where no server is asked. */
type Plan = Omit<PlanJson, "proxies">;

const planByApi = (
  command: Command,
  objects: readonly FileObject[],
): Promise<Result<Plan, AdminFailure>> =>
  fromAdmin(command, (api) =>
    api.call("PUT /v1/plan", { body: { objects: objects.map(askedChange) } }),
  );

function askedChange({ key, value }: FileObject): AskedChange {
  const parsed = parseValue(value);
  assert(parsed.ok, `${key} was judged before, and cannot be parsed`);
  // JSON and YAML alike are parsed to what JSON can say.
  return { key, value: parsed.value } as AskedChange;
}

type AskedChange = Sent<"PUT /v1/plan">["body"]["objects"][number];

async function planOfStore(
  command: Command,
  context: CliContext,
  url: string,
  objects: readonly FileObject[],
): Promise<Result<Plan, AdminFailure>> {
  const listed = await withStore(command, context, url, async (store) => {
    const all = await store.list("");
    return all.ok ? ok(all.value) : err(storeFailure(all.error));
  });
  if (!listed.ok) return listed;
  const { defaultGateway: at } = command.opts<PlanFlags>();
  const defaultGateway = at === "off" ? undefined : builtInGateway(at);
  const wanted = new Map(objects.map(({ key, value }) => [key, value]));
  const made = changePlan(listed.value, wanted, { defaultGateway, limits: limits.decode });
  return ok({ ...made, diagnostics: diagnosticsJson(made.diagnostics) });
}

function codeOf({ objects, diagnostics }: Plan): number {
  if (diagnostics.some(({ severity }) => severity === "error")) return comparisonCodes.trouble;
  const isSame = objects.every(({ result }) => result === "unchanged");
  return isSame ? comparisonCodes.same : comparisonCodes.different;
}
