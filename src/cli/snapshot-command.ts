/** `serin snapshot get`: the resources that proxies get; `snapshot diff` is a file of its own. */
import type { Command } from "commander";
import { err, ok, type Result } from "../lib/result.ts";
import { type AdminFailure, fromAdmin, tellFailure } from "./admin-client.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { directStore, without } from "./direct-store.ts";
import { acting, flag, usageError } from "./flags.ts";
import { checkContentFlags, contentFlags, revisionOf } from "./snapshot-content.ts";
import { addSnapshotDiff } from "./snapshot-diff.ts";
import { wholeSnapshot } from "./snapshot-pages.ts";
import { snapshotInStore } from "./snapshot-store.ts";
import { snapshotText } from "./snapshot-text.ts";
import { formatted, type OutputFlags, outputFlag } from "./table.ts";

interface GetFlags extends OutputFlags {
  readonly type?: string;
  readonly name?: string;
  readonly node?: string;
  readonly bodies?: boolean;
}

export function addSnapshot(program: Command, context: CliContext): void {
  const snapshot = program.command("snapshot").description("Show the resources that proxies get.");
  addGet(snapshot, context);
  addSnapshotDiff(snapshot, context);
}

function addGet(snapshot: Command, context: CliContext): void {
  const command = snapshot
    .command("get")
    .description("Show the resources that are served, or that a revision makes, by view and type.")
    .argument("[revision]", "of the store; default: what is served", revisionOf);
  command
    .addOption(flag("--type <type>", "SERIN_TYPE", "only this type: CDS, RDS, … or its URL"))
    .addOption(flag("--name <name>", "SERIN_NAME", "only resources of this name"))
    .addOption(flag("--node <id>", "SERIN_NODE", "only what the connected proxy of this id gets"))
    .addOption(flag("--bodies", "SERIN_BODIES", "with their contents, in json and yaml"))
    .addOption(outputFlag());
  for (const option of contentFlags()) command.addOption(option);
  command
    .addHelpText(
      "after",
      `
A view is what a group of proxies sees: the gateways that select them (serin status). Of a revision, and
with --store, nobody is connected: in place of views there are gateways/<name>, shared (what several get),
secrets and snapshots/<node>, as of serin snapshot diff. etcd keeps revisions until it compacts them; with
--store no server is asked, and --default-gateway is for that alone.

Examples:
  serin snapshot get
  serin snapshot get --node edge-1 --type RDS
  serin snapshot get --type RDS --bodies -o yaml
  serin snapshot get 120 --type RDS --bodies -o json
  serin snapshot get --store file:./config`,
    )
    .action(acting(context, command, () => getSnapshot(command, context)));
}

async function getSnapshot(command: Command, context: CliContext): Promise<number> {
  const { type, name, node, bodies, output } = command.opts<GetFlags>();
  const [revision] = command.processedArgs as [number | undefined];
  const store = directStore(command);
  if (node !== undefined && (revision !== undefined || store !== undefined)) {
    return usageError(command, "--node is of what is served: without a revision and --store");
  }
  checkContentFlags(command);
  const view = node === undefined ? ok(undefined) : await viewOf(command, node);
  if (!view.ok) return tellFailure(context, view.error);
  const query = {
    ...(revision !== undefined && { revision }),
    ...(view.value !== undefined && { view: view.value }),
    ...(type !== undefined && { type }),
    ...(name !== undefined && { name }),
    ...(bodies === true && { bodies }),
  };
  const read =
    store === undefined
      ? await wholeSnapshot(command, query)
      : await snapshotInStore(command, context, store, query);
  if (!read.ok) return tellFailure(context, read.error);
  context.io.stdout(formatted(output, read.value, () => snapshotText(read.value)));
  return exitCodes.done;
}

async function viewOf(command: Command, node: string): Promise<Result<string, AdminFailure>> {
  const proxies = await fromAdmin(command, (api) => api.all("GET /v1/proxies"));
  if (!proxies.ok) return proxies;
  const view = proxies.value.find((proxy) => proxy.node === node)?.view;
  return typeof view === "string" ? ok(view) : err(without(`no connected proxy is called ${node}`));
}
