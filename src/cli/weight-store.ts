/** Weights read, written and removed straight in a store. */
import type { Command } from "commander";
import { diagnosticsJson } from "../admin/problem.ts";
import { judgeWeights } from "../admin/weights-judgement.ts";
import type { RemovedJson, WeightsJson, WrittenJson } from "../api/weights.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { Author } from "../store/act.ts";
import { guardStatusKey } from "../store/status-keys.ts";
import type { Entry, Store } from "../store/store.ts";
import { readWeights, removeWeights, type WeightsFailure, writeWeights } from "../store/weights.ts";
import type { AdminFailure } from "./admin-client.ts";
import type { CliContext } from "./context.ts";
import { storeFailure, without, withStore } from "./direct-store.ts";

export interface WeightsToSet {
  readonly service: string;
  readonly weights: Readonly<Record<string, number>>;
  /** Though nothing in the store is of this service. */
  readonly force: boolean;
  readonly author: Author;
}

export function setInStore(
  command: Command,
  context: CliContext,
  url: string,
  { service, weights, force, author }: WeightsToSet,
): Promise<Result<WrittenJson, AdminFailure>> {
  const value = Buffer.from(JSON.stringify(weights));
  return withStore(command, context, url, async (store) => {
    const outcome = await writeWeights(store, service, value, { ...author, force });
    if (!outcome.ok) return err(failure(outcome.error, service));
    const { revision, isUnchanged } = outcome.value;
    const same = isUnchanged && ({ unchanged: true } as const);
    const diagnostics = diagnosticsJson(judgeWeights(service, await entriesOf(store, service)));
    return ok({ service, revision: Number(revision), ...same, diagnostics });
  });
}

export function unsetInStore(
  command: Command,
  context: CliContext,
  url: string,
  { service, author }: Pick<WeightsToSet, "service" | "author">,
): Promise<Result<RemovedJson, AdminFailure>> {
  return withStore(command, context, url, async (store) => {
    const outcome = await removeWeights(store, service, author);
    if (!outcome.ok) return err(failure(outcome.error, service));
    if (outcome.value === undefined) return err(without(`there is no weights/${service}`));
    return ok({ service, revision: Number(outcome.value) });
  });
}

/** The keys of a service. The write is done: what cannot be read now is not worth a failure. */
async function entriesOf(store: Store, service: string): Promise<readonly Entry[]> {
  const [instances, ...single] = await Promise.all([
    store.list(`endpoints/${service}/`),
    store.get(`services/${service}`),
    store.get(`weights/${service}`),
    store.get(guardStatusKey(service)),
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

function failure(error: WeightsFailure, service: string): AdminFailure {
  const key = `weights/${service}`;
  switch (error.kind) {
    case "invalid":
      return { ...without(`not valid as ${key}`), members: { diagnostics: error.diagnostics } };
    case "unknown":
      return without(`${error.message}; --force writes it all the same`);
    case "changed":
      return without(`${key} was changed by someone else, twice; try again`);
    case "store":
      return storeFailure(error.error);
  }
}
