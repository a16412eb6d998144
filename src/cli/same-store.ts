/** Whether the server reads the store that a command has written to itself. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { limits } from "../config/limits.ts";
import { err, ok } from "../lib/result.ts";
import { fromAdmin } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { directStore, storeFailure, withStore } from "./direct-store.ts";

/**
 * Revisions of one etcd say nothing of another: the entry itself is compared. Undefined: it is the same one, or
 * nothing was written directly; else why nobody knows what became of the write.
 */
export async function otherStore(
  command: Command,
  context: CliContext,
  key: string,
): Promise<string | undefined> {
  const url = directStore(command);
  if (url === undefined || key === "" || key.startsWith("status/")) return undefined;
  let last = "";
  for (let attempt = 1; attempt <= limits.cli.sameStoreLooks; attempt += 1) {
    // Somebody else may write in between.
    if (attempt > 1) await sleep(limits.cli.progressMs);
    const [there, here] = await Promise.all([
      revisionThere(command, key),
      revisionHere(command, context, url, key),
    ]);
    if (there !== undefined && there === here) return undefined;
    last = `${key} has revision ${here ?? "-"} in the store, and ${there ?? "-"} at the server`;
  }
  return `the server reads another store than --store, so nobody knows who has it: ${last}`;
}

/** 0: it is not there; undefined: nobody knows. */
async function revisionThere(command: Command, key: string): Promise<number | undefined> {
  const found = await fromAdmin(command, (api) =>
    api.text("GET /v1/objects/{key}", { params: { key } }, { accept: "application/json" }),
  );
  if (found.ok) return Number(found.value.headers.get("etag")?.replaceAll('"', ""));
  return found.error.status === 404 ? 0 : undefined;
}

async function revisionHere(
  command: Command,
  context: CliContext,
  url: string,
  key: string,
): Promise<number | undefined> {
  const read = await withStore(command, context, url, async (store) => {
    const found = await store.get(key);
    return found.ok ? ok(Number(found.value?.modRevision ?? 0n)) : err(storeFailure(found.error));
  });
  return read.ok ? read.value : undefined;
}
