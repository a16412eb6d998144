/** Resources made of what a store has, by this command itself: it asks no server. */
import type { Command } from "commander";
import { differenceOf, tooMuchText } from "../admin/live/snapshot-diff.ts";
import { revisionNumber } from "../admin/revision.ts";
import { viewsJson } from "../admin/snapshot-json.ts";
import { rowsIn } from "../admin/snapshot-rows.ts";
import type { SnapshotDiffJson } from "../api/snapshot-diff.ts";
import type { HostPort } from "../config/config.ts";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { madePlaces } from "../plan/made-places.ts";
import type { Made } from "../plan/resource-changes.ts";
import { createDecoder } from "../store/decode/decoder.ts";
import type { Store, StoreState } from "../store/store.ts";
import { builtInGateway } from "../translate/gateway/built-in-gateway.ts";
import { createTranslator } from "../translate/translate.ts";
import type { AdminFailure } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { storeFailure, without, withStore } from "./direct-store.ts";
import type { SnapshotQuery } from "./snapshot-pages.ts";
import type { SnapshotJson } from "./snapshot-text.ts";

/** `revision`: undefined: the present one. */
export function snapshotInStore(
  command: Command,
  context: CliContext,
  url: string,
  { revision, bodies = false, ...asked }: SnapshotQuery,
): Promise<Result<SnapshotJson, AdminFailure>> {
  return withStore<SnapshotJson>(command, context, url, async (store) => {
    const content = await contentAt(store, revision);
    if (!content.ok) return content;
    const views = madePlaces(madeOf(command, content.value));
    // Revisions of a folder are those of one process.
    const told = url.startsWith("etcd") ? revisionNumber(content.value.revision) : null;
    const how = { bodies, isServed: false };
    return ok({ revision: told, views: viewsJson(rowsIn(views, asked), how) });
  });
}

export function diffInStore(
  command: Command,
  context: CliContext,
  url: string,
  { from, to, bodies }: { from: number; to: number | undefined; bodies: boolean },
): Promise<Result<SnapshotDiffJson, AdminFailure>> {
  return withStore<SnapshotDiffJson>(command, context, url, async (store) => {
    const before = await contentAt(store, from);
    if (!before.ok) return before;
    const after = await contentAt(store, to);
    if (!after.ok) return after;
    const [was, is] = [madeOf(command, before.value), madeOf(command, after.value)];
    const difference = whole(differenceOf(was, is, bodies));
    if (typeof difference === "string") return err(without(tooMuchText(difference)));
    return ok({ from, to: revisionNumber(after.value.revision), ...difference });
  });
}

async function contentAt(
  store: Store,
  revision: number | undefined,
): Promise<Result<StoreState, AdminFailure>> {
  const listed =
    revision === undefined ? await store.list("") : await store.listAt?.(BigInt(revision));
  if (listed === undefined) return err(without(`the store (${store.description}) keeps no past`));
  if (listed.ok) return listed;
  const { error } = listed;
  switch (error.kind) {
    case "compacted":
    case "future":
      return err(without(error.message));
    default:
      return err(storeFailure(error));
  }
}

function madeOf(command: Command, content: StoreState): Made {
  const { defaultGateway: at } = command.opts<{ readonly defaultGateway: HostPort | "off" }>();
  const defaultGateway = at === "off" ? undefined : builtInGateway(at);
  const translate = createTranslator({ defaultGateway, limits: limits.decode });
  return translate(createDecoder().start(content).state);
}

/** Nobody else has a turn here. */
function whole<T>(turns: Generator<undefined, T>): T {
  for (;;) {
    const { done, value } = turns.next();
    if (done === true) return value;
  }
}
