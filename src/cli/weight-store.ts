/** Weights read and written straight in a store, for when no server is there or writes are closed. */
import type { Command } from "commander";
import { diagnosticsJson } from "../admin/problem.ts";
import type { WeightsJson, WrittenJson } from "../admin/weight-routes.ts";
import { judgeWeights } from "../admin/weights-judgement.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Entry, Store } from "../store/store.ts";
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
): Promise<WrittenJson | number> {
  const value = Buffer.from(JSON.stringify(weights));
  const written = await withStore(command, context, url, async (store) => {
    const outcome = await writeWeights(store, service, value);
    if (!outcome.ok) return err(failure(outcome.error, service));
    const { revision } = outcome.value;
    const diagnostics = diagnosticsJson(judgeWeights(service, await entriesOf(store, service)));
    return ok({ service, revision: Number(revision), diagnostics });
  });
  return written.ok ? written.value : tellFailure(context, written.error);
}

/** The keys of a service. The write is done: what cannot be read now is not worth a failure. */
async function entriesOf(store: Store, service: string): Promise<readonly Entry[]> {
  const [instances, ...single] = await Promise.all([
    store.list(`endpoints/${service}/`),
    store.get(`services/${service}`),
    store.get(`weights/${service}`),
  ]);
  if (!instances.ok || single.some(({ ok: isRead }) => !isRead)) return [];
  const found = single.map((read) => (read.ok ? read.value : undefined));
  return [...instances.value.entries.values(), ...found.filter((entry) => entry !== undefined)];
}

export function getInStore(
  command: Command,
  context: CliContext,
  url: string,
  service: string,
): Promise<Result<WeightsJson, AdminFailure>> {
  return withStore<WeightsJson>(command, context, url, async (store) => {
    const read = await readWeights(store, service);
    if (!read.ok) return err(without(read.error.message));
    if (read.value === undefined) return err(without(`there is no weights/${service}`));
    const { weights, modRevision, diagnostics } = read.value;
    const revision = Number(modRevision);
    if (weights !== undefined) return ok({ service, weights, revision });
    return ok({ service, weights: null, revision, diagnostics: diagnosticsJson(diagnostics) });
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
