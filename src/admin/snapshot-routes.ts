/** What is served: `GET /v1/snapshot`, how it came to be: `/v1/history`, what is wrong with it: `/v1/diagnostics`. */
import { limits } from "../config/limits.ts";
import {
  type GroupView,
  missingReferences,
  type Resource,
  shortName,
  type TypeUrl,
  type TypeView,
  typeUrls,
} from "../index.ts";
import type { Routes } from "./context.ts";
import { diagnosticsJson, problem } from "./problem.ts";
import { redact } from "./redact.ts";
import { type ProtoJson, resourceBody } from "./resource-body.ts";
import { revisionNumber } from "./revision.ts";

export interface SnapshotJson {
  /** Store revision in force; null before the first. */
  readonly revision: number | null;
  readonly views: readonly ViewJson[];
}

export interface ViewJson {
  /** Names of its gateways, joined by commas. */
  readonly view: string;
  readonly types: readonly TypeJson[];
  /** What a resource names and the view lacks, for example `RDS edge/http: no CDS web/v2`. */
  readonly missing: readonly string[];
}

export interface TypeJson {
  readonly type: string;
  readonly typeUrl: string;
  /** Of everything that a wildcard subscription sees. */
  readonly version: string;
  readonly resources: readonly ResourceJson[];
}

export interface ResourceJson {
  readonly name: string;
  readonly version: string;
  readonly references: readonly string[];
  /** Store keys it was made from. */
  readonly origins: readonly string[];
  readonly body?: ProtoJson;
}

interface Wanted {
  readonly view: string | undefined;
  readonly type: string | undefined;
  readonly name: string | undefined;
  readonly bodies: boolean;
}

export const snapshotRoutes: Routes = (app, { sources }) => {
  app.get("/v1/snapshot", (c) => {
    const { view, type, name, bodies } = c.req.query();
    const wanted: Wanted = { view, type, name, bodies: bodies === "true" };
    const views = sources.views().filter(({ key }) => view === undefined || key === view);
    const parts = views.map((each) => ({ each, tables: tablesOf(each, wanted) }));
    const count = parts.flatMap(({ tables }) =>
      tables.flatMap(({ resources }) => resources),
    ).length;
    if (wanted.bodies && count > limits.admin.bodies) {
      const detail = `${count} bodies; ask for at most ${limits.admin.bodies}, by view, type or name`;
      return problem(422, "too-large", detail);
    }
    const revision = sources.revision();
    const snapshot: SnapshotJson = {
      revision: revision === undefined ? null : revisionNumber(revision),
      views: parts.map(({ each, tables }) => viewJson(each, tables, wanted.bodies)),
    };
    return c.json(snapshot);
  });

  app.get("/v1/history", (c) =>
    c.json(
      sources.history().map((entry) => ({
        revision: revisionNumber(entry.revision),
        at: new Date(entry.atMs).toISOString(),
        view: entry.view,
        changes: entry.changes.map(({ typeUrl, name, kind, version }) => ({
          type: shortName(typeUrl),
          name,
          kind,
          version,
        })),
        omitted: entry.omitted,
      })),
    ),
  );

  app.get("/v1/diagnostics", (c) => c.json(diagnosticsJson(sources.diagnostics())));
};

interface TablePart {
  readonly table: TypeView;
  readonly resources: readonly Resource[];
}

function tablesOf(view: GroupView, { type, name }: Wanted): readonly TablePart[] {
  return view
    .tables()
    .filter(({ typeUrl }) => type === undefined || type === shortName(typeUrl) || type === typeUrl)
    .map((table) => ({ table, resources: resourcesOf(table, name) }));
}

function resourcesOf(table: TypeView, name: string | undefined): readonly Resource[] {
  if (name === undefined) return [...table.resources()].sort(byName);
  const resource = table.get(name);
  return resource === undefined ? [] : [resource];
}

const byName = (a: Resource, b: Resource): number => (a.name < b.name ? -1 : 1);

/** The secrets of clusters are left out of views of everything (docs/adr/0015). */
const isLeftOut = ({ key }: GroupView, typeUrl: TypeUrl): boolean =>
  key.startsWith("all:") && typeUrl === typeUrls.secret;

const viewJson = (view: GroupView, tables: readonly TablePart[], bodies: boolean): ViewJson => ({
  view: view.key,
  missing: missingReferences(view.resources())
    .filter(({ missingTypeUrl }) => !isLeftOut(view, missingTypeUrl))
    .map(
      ({ typeUrl, name, missingTypeUrl, missing }) =>
        `${shortName(typeUrl)} ${name}: no ${shortName(missingTypeUrl)} ${missing}`,
    ),
  types: tables.map(({ table, resources }) => ({
    type: shortName(table.typeUrl),
    typeUrl: table.typeUrl,
    version: table.wildcardVersion(),
    resources: resources.map((resource) => ({
      name: resource.name,
      version: resource.version,
      references: resource.references,
      // The built-in gateway comes from no key.
      origins: resource.origins.filter((origin) => origin !== ""),
      ...(bodies && { body: redact(table.typeUrl, resourceBody(resource)) }),
    })),
  })),
});
