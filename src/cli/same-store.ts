/** Whether the server reads the store that a command has written to itself. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Entry } from "../store/store.ts";
import { type AdminFailure, fromAdmin } from "./admin-client.ts";
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
  if (url === undefined) return undefined;
  let last = "";
  for (let attempt = 1; attempt <= limits.cli.sameStoreLooks; attempt += 1) {
    // Somebody else may write in between.
    if (attempt > 1) await sleep(limits.cli.progressMs);
    const here = await toCompare(command, context, url, objectOf(key));
    if (!here.ok) return `nobody knows who has it: ${here.error.detail}`;
    // Nothing is left in it that could be compared.
    if (here.value === undefined) return undefined;
    const there = await revisionThere(command, here.value.key);
    if (there === here.value.revision) return undefined;
    last = `${here.value.key} has revision ${here.value.revision} in the store, and ${there ?? "-"} at the server`;
  }
  return `the server reads another store than --store, so nobody knows who has it: ${last}`;
}

/** What a command to a release has written is serin's own; its object is everybody's. */
const objectOf = (key: string): string => key.replace(/^status\//, "");

interface Compared {
  readonly key: string;
  readonly revision: number;
}

/** The object that was written; where it was removed, the newest one that is there. */
async function toCompare(
  command: Command,
  context: CliContext,
  url: string,
  key: string,
): Promise<Result<Compared | undefined, AdminFailure>> {
  return withStore(command, context, url, async (store) => {
    const found = await store.get(key);
    if (!found.ok) return err(storeFailure(found.error));
    if (found.value !== undefined) return ok(compared(found.value));
    const all = await store.list("");
    if (!all.ok) return err(storeFailure(all.error));
    const objects = [...all.value.entries.values()].filter((entry) => !ownKey.test(entry.key));
    const [newest] = objects.toSorted((a, b) => Number(b.modRevision - a.modRevision));
    return ok(newest && compared(newest));
  });
}

/** Of serin itself, which the admin API does not show as objects. */
const ownKey = /^(?:status|history)\//;

const compared = ({ key, modRevision }: Entry): Compared => ({
  key,
  revision: Number(modRevision),
});

/** 0: it is not there; undefined: nobody knows. */
async function revisionThere(command: Command, key: string): Promise<number | undefined> {
  const found = await fromAdmin(command, (api) =>
    api.text("GET /v1/objects/{key}", { params: { key } }, { accept: "application/json" }),
  );
  if (found.ok) return Number(found.value.headers.get("etag")?.replaceAll('"', ""));
  return found.error.status === 404 ? 0 : undefined;
}
