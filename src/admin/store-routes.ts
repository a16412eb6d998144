/** How the server is with its store: `GET /v1/store`. */
import { getStore, type StoreJson } from "../api/store.ts";
import type { Routes } from "./context.ts";
import { revisionNumber } from "./revision.ts";
import { reply, route } from "./route.ts";
import type { AdminSources } from "./sources.ts";

export const storeRoutes: Routes = (app, context) => {
  route(app, context, getStore, () => reply(storeJson(context.sources)));
};

export const storeJson = (
  sources: Pick<AdminSources, "revision" | "store" | "storeHealth">,
): StoreJson => {
  const revision = sources.revision();
  const { connected, message } = sources.storeHealth();
  return {
    ...{ store: sources.store.description, connected, message },
    revision: revision === undefined ? null : revisionNumber(revision),
  };
};
