/**
 * Objects as the commands read and write them: through the admin API, or with `--store` straight in a
 * store. Both validate, both compare revisions, and neither shows a secret.
 */
import type { Command, Option } from "commander";
import type { ObjectRemovedJson, ObjectWrittenJson } from "../api/objects.ts";
import type { Result } from "../lib/result.ts";
import type { Author } from "../store/act.ts";
import { type AdminFailure, adminFlag } from "./admin-client.ts";
import { adminObjects } from "./admin-objects.ts";
import type { CliContext } from "./context.ts";
import { directStore, withStore } from "./direct-store.ts";
import { storeFlags } from "./store-flags.ts";
import { storeObjects } from "./store-objects.ts";

export interface ReadObject {
  readonly key: string;
  /** Undefined where it says nothing to the next process, as of a folder. */
  readonly revision: number | undefined;
  /** Without secrets; undefined where it cannot be parsed. */
  readonly value?: unknown;
  /** Why it cannot be parsed. */
  readonly broken?: string;
}

/** A value as it was written, or as YAML. */
export interface ObjectText {
  readonly text: string;
  readonly revision: number;
}

export interface WriteAsked {
  readonly author: Author;
  /** The revision that must be there, 0: none; undefined: whatever is there is replaced. */
  readonly expected: number | undefined;
}

type Answer<T> = Promise<Result<T, AdminFailure>>;

export interface Objects {
  /** Undefined: it is not there. */
  get(key: string): Answer<ReadObject | undefined>;
  text(key: string): Answer<ObjectText | undefined>;
  /** In the order of their keys, without those that serin keeps for itself. */
  list(prefix: string): Answer<readonly ReadObject[]>;
  /** `revision` of the answer is what a write may expect. */
  dryRun(key: string, value: Uint8Array): Answer<ObjectWrittenJson>;
  write(key: string, value: Uint8Array, asked: WriteAsked): Answer<ObjectWrittenJson>;
  /** Undefined: it was not there. */
  remove(key: string, asked: WriteAsked): Answer<ObjectRemovedJson | undefined>;
}

/** For commands that go either way. */
export const objectFlags = (): readonly Option[] => [adminFlag(), ...storeFlags()];

export function withObjects<T>(
  command: Command,
  context: CliContext,
  use: (objects: Objects) => Answer<T>,
): Answer<T> {
  const url = directStore(command);
  if (url === undefined) return use(adminObjects(command));
  return withStore(command, context, url, (store) =>
    use(storeObjects(store, { sharesRevisions: url.startsWith("etcd") })),
  );
}
