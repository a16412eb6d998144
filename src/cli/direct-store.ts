/** A store that a command goes to itself, for when no server is there or writes are closed. */
import type { Command } from "commander";
import { err, type Result } from "../lib/result.ts";
import type { ActFailure } from "../store/act-failure.ts";
import type { Store, StoreError } from "../store/store.ts";
import type { AdminFailure } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { openNamedStore, type StoreFlags } from "./store-flags.ts";

/** The store to go to directly; a named admin API is preferred to a store from the environment. */
export function directStore(command: Command): string | undefined {
  const { store } = command.opts<Partial<StoreFlags>>();
  const fromEnvironment = command.getOptionValueSource("store") === "env";
  return fromEnvironment && command.getOptionValueSource("admin") === "cli" ? undefined : store;
}

export async function withStore<T>(
  command: Command,
  context: CliContext,
  url: string,
  use: (store: Store) => Promise<Result<T, AdminFailure>>,
): Promise<Result<T, AdminFailure>> {
  const store = await openNamedStore(command, url, context.env);
  if (!store.ok) return err(without(store.error));
  try {
    return await use(store.value);
  } finally {
    await store.value.close();
  }
}

/** A failure of this process's own. */
export const without = (detail: string): AdminFailure => ({ status: 0, detail, members: {} });

export const storeFailure = ({ kind, message }: StoreError): AdminFailure =>
  without(kind === "ambiguous" ? `${message}; it may have been written: read it back` : message);

/** What a person wanted and was not done. */
export function notDone(failure: ActFailure, service: string): AdminFailure {
  switch (failure.kind) {
    case "refused":
    case "unexpected":
      return without(failure.message);
    case "changed":
      return without(`${service} was changed by someone else; try again`);
    case "store":
      return storeFailure(failure.error);
  }
}
