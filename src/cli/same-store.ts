/** Whether the server reads the store that a command has written to itself. */
import { setTimeout as sleep } from "node:timers/promises";
import type { Command } from "commander";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { objectKey } from "../store/objects.ts";
import type { Entry } from "../store/store.ts";
import type { AdminFailure } from "./admin-client.ts";
import { adminObjects } from "./admin-objects.ts";
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
    const { key: same, revision } = here.value;
    const found = await adminObjects(command).get(same);
    // 0: it is not there; -: the server does not say.
    const there = found.ok ? (found.value?.revision ?? 0) : "-";
    if (there === revision) return undefined;
    last = `${same} has revision ${revision} in the store, and ${there} at the server`;
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
    const objects = [...all.value.entries.values()].filter(({ key: of }) => objectKey(of).ok);
    const [newest] = objects.toSorted((a, b) => Number(b.modRevision - a.modRevision));
    return ok(newest && compared(newest));
  });
}

const compared = ({ key, modRevision }: Entry): Compared => ({
  key,
  revision: Number(modRevision),
});
