/** How the server is with its store: `GET /v1/store`. */
import type { Routes } from "./context.ts";
import { revisionNumber } from "./revision.ts";

export interface StoreJson {
  readonly store: string;
  readonly connected: boolean;
  readonly message: string;
  /** Store revision in force; null before the first. */
  readonly revision: number | null;
}

export const storeRoutes: Routes = (app, { sources }) => {
  app.get("/v1/store", (c) => {
    const revision = sources.revision();
    const body: StoreJson = {
      store: sources.store.description,
      ...sources.storeHealth(),
      revision: revision === undefined ? null : revisionNumber(revision),
    };
    return c.json(body);
  });
};
