/** A route of another system as that system's own documents say it works: what an import is held against. */
import type { Imported } from "../../../src/import/report.ts";

export interface Asked {
  readonly host: string;
  /** Without the query. */
  readonly path: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly cookies: Readonly<Record<string, string>>;
}

/** What of a request does not fit. */
export type Miss = "host" | "path" | "method" | "header" | "query" | "other";

export interface TheirRoute {
  /** As findings name it. */
  readonly source: string;
  /** Whether something stands before it that serin has not, and that keeps requests out. */
  readonly isGuarded: boolean;
  /** One list for each alternative; an empty one: the request fits. */
  missed(asked: Asked): readonly (readonly Miss[])[];
  /** Services that a request which fits may go to. */
  backends(asked: Asked): readonly string[];
  /** Where they go as well, once it is told that a split is left out. */
  readonly elsewhere: readonly string[];
}

export interface Importers {
  readonly importApisix: (pairs: ReadonlyMap<string, string>) => Imported;
  readonly importTraefik: (pairs: ReadonlyMap<string, string>) => Imported;
  readonly importHttpRoutes: (documents: readonly unknown[]) => Imported;
}

/** Routes of one system, and what an import makes of them. */
export interface TheirWorld {
  readonly routes: readonly TheirRoute[];
  /** Services of these names that are there in the other system: `namespace/name` where it has namespaces. */
  namesakes(service: string): readonly string[];
  imported(importers: Importers): Imported;
}

export const missing = (all: Partial<Readonly<Record<Miss, boolean>>>): readonly Miss[] =>
  (Object.entries(all) as readonly (readonly [Miss, boolean])[]).flatMap(([miss, fits]) =>
    fits ? [] : [miss],
  );
