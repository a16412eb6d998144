/** Weights read and written straight in a store, for when no server is there or writes are closed. */
import type { Command } from "commander";
import type { WeightsJson } from "../admin/weight-routes.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Store } from "../store/store.ts";
import { readWeights, type WeightsFailure, writeWeights } from "../store/weights.ts";
import { type AdminFailure, tellFailure } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { openNamedStore } from "./store-flags.ts";

/** A number is the exit code of a failure that was told. */
export async function setInStore(
  command: Command,
  context: CliContext,
  url: string,
  service: string,
  weights: Readonly<Record<string, number>>,
): Promise<{ readonly revision: number } | number> {
  const value = Buffer.from(JSON.stringify(weights));
  const written = await withStore(command, context, url, async (store) => {
    const outcome = await writeWeights(store, service, value);
    return outcome.ok ? outcome : err(failure(outcome.error, service));
  });
  if (!written.ok) return tellFailure(context, written.error);
  return { revision: Number(written.value.revision) };
}

export function getInStore(
  command: Command,
  context: CliContext,
  url: string,
  service: string,
): Promise<Result<WeightsJson, AdminFailure>> {
  return withStore(command, context, url, async (store) => {
    const read = await readWeights(store, service);
    if (!read.ok) return err(without(read.error.message));
    if (read.value === undefined) return err(without(`there is no weights/${service}`));
    const { weights, modRevision } = read.value;
    return ok({ service, weights: weights ?? null, revision: Number(modRevision) });
  });
}

async function withStore<T>(
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

const without = (detail: string): AdminFailure => ({ status: 0, detail, members: {} });

function failure(error: WeightsFailure, service: string): AdminFailure {
  const key = `weights/${service}`;
  switch (error.kind) {
    case "invalid":
      return { ...without(`not valid as ${key}`), members: { diagnostics: error.diagnostics } };
    case "changed":
      return without(`${key} was changed by someone else, twice; try again`);
    case "store":
      return without(
        error.error.kind === "ambiguous"
          ? `${error.error.message}; it may have been written: read it back`
          : error.error.message,
      );
  }
}
