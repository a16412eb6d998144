/** What the server has of its store: `GET /v1/store`, and `GET /v1/objects`, key by key. */
import { createHash } from "node:crypto";
import type { Routes } from "./context.ts";
import { revisionNumber } from "./revision.ts";

export interface StoreJson {
  readonly store: string;
  readonly connected: boolean;
  readonly message: string;
  /** Store revision in force; null before the first. */
  readonly revision: number | null;
}

/** One key as the server has read it; of the value only its hash, since it may be a secret. */
export interface ObjectJson {
  readonly key: string;
  readonly modRevision: number;
  readonly createRevision: number;
  readonly sha256: string;
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

  app.get("/v1/objects", (c) => {
    const objects: ObjectJson[] = [];
    for (const { key, value, modRevision, createRevision } of sources.entries().values()) {
      objects.push({
        key,
        modRevision: revisionNumber(modRevision),
        createRevision: revisionNumber(createRevision),
        sha256: createHash("sha256").update(value).digest("hex"),
      });
    }
    return c.json(objects.sort((a, b) => (a.key < b.key ? -1 : 1)));
  });
};
