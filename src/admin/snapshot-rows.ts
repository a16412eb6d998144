/** What the views hold as rows, one for each resource, so that they can be told in pages. */
import { type GroupView, type Resource, shortName, type TypeUrl, type TypeView } from "../index.ts";
import { compareText } from "../lib/compare-text.ts";
import { parsedJson } from "../lib/parsed-json.ts";

/** What is told of a view: of one that is served, or of a place that resources are made for. */
export type ShownView = Pick<GroupView, "key" | "resources"> & {
  tables(): readonly ShownTable[];
};

export type ShownTable = Pick<TypeView, "typeUrl" | "get" | "resources" | "wildcardVersion">;

export interface Row {
  readonly view: ShownView;
  /** Undefined: nothing in the view is asked for. */
  readonly table: ShownTable | undefined;
  /** Undefined: the table is empty. */
  readonly resource: Resource | undefined;
}

export interface RowsAsked {
  readonly view?: string;
  readonly type?: string;
  readonly name?: string;
}

/** In the order of views' names, then as types are pushed, then of resources' names. */
export const rowsIn = (views: readonly ShownView[], asked: RowsAsked): readonly Row[] =>
  views
    .filter(({ key }) => asked.view === undefined || key === asked.view)
    .toSorted((a, b) => compareText(a.key, b.key))
    .flatMap((view) => {
      const rows = view
        .tables()
        .filter(({ typeUrl }) => isType(typeUrl, asked.type))
        .flatMap((table) => rowsOf(view, table, asked.name));
      return rows.length === 0 ? [{ view, table: undefined, resource: undefined }] : rows;
    });

const isType = (typeUrl: TypeUrl, asked: string | undefined): boolean =>
  asked === undefined || asked === shortName(typeUrl) || asked === typeUrl;

function rowsOf(view: ShownView, table: ShownTable, name: string | undefined): readonly Row[] {
  const resources = name === undefined ? [...table.resources()].sort(byName) : [table.get(name)];
  const found = resources.filter((resource) => resource !== undefined);
  if (found.length === 0) return [{ view, table, resource: undefined }];
  return found.map((resource) => ({ view, table, resource }));
}

const byName = (a: Resource, b: Resource): number => compareText(a.name, b.name);

/** View, type and name of a row, as a text that leads to those behind it. */
export const placeOf = ({ view, table, resource }: Row): string =>
  JSON.stringify([view.key, table?.typeUrl ?? "", resource?.name ?? ""]);

/** Any other text is taken for a view's name: what is behind that view. */
export function rowsBehind(rows: readonly Row[], place: string): readonly Row[] {
  const parts = parsedJson(place);
  if (!isPlace(parts)) return rows.filter(({ view }) => compareText(view.key, place) > 0);
  const [view, typeUrl, name] = parts;
  return rows.filter((row) => {
    const byView = compareText(row.view.key, view);
    if (byView !== 0) return byView > 0;
    if (row.table === undefined) return false;
    if (row.table.typeUrl === typeUrl) return compareText(row.resource?.name ?? "", name) > 0;
    const urls = row.view.tables().map((table): string => table.typeUrl);
    return urls.indexOf(row.table.typeUrl) > urls.indexOf(typeUrl);
  });
}

const isPlace = (parts: unknown): parts is readonly [string, string, string] =>
  Array.isArray(parts) && parts.length === 3 && parts.every((part) => typeof part === "string");
