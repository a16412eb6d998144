/** The whole of a snapshot, which comes in pages that count resources. */
import type { Command } from "commander";
import type { ViewJson } from "../api/snapshot.ts";
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type AdminFailure, fromAdmin } from "./admin-client.ts";
import { without } from "./direct-store.ts";
import type { SnapshotJson } from "./snapshot-text.ts";

export interface SnapshotQuery {
  readonly revision?: number;
  readonly view?: string;
  readonly type?: string;
  readonly name?: string;
  readonly bodies?: boolean;
  readonly after?: string;
}

export async function wholeSnapshot(
  command: Command,
  asked: SnapshotQuery,
): Promise<Result<SnapshotJson, AdminFailure>> {
  let query: SnapshotQuery | undefined = asked;
  let revision: number | null = null;
  let views: readonly ViewJson[] = [];
  for (let pages = 0; query !== undefined; pages += 1) {
    if (pages === limits.cli.snapshotPages) {
      const detail = `more than ${pages} pages; ask for a part, by --node, --type or --name`;
      return err(without(detail));
    }
    const page: SnapshotQuery = query;
    const answered = await fromAdmin(command, (api) =>
      api.text("GET /v1/snapshot", { query: page }),
    );
    if (!answered.ok) return answered;
    const { text, headers } = answered.value;
    const read = parsedJson(text) as SnapshotJson | undefined;
    if (read === undefined) return err(without("GET /v1/snapshot answers no JSON"));
    revision = read.revision;
    views = read.views.reduce(withView, views);
    const after = behind(headers.get("link"));
    query = after === undefined ? undefined : { ...asked, after };
  }
  return ok({ revision, views });
}

/** Where the next page begins; undefined: it was the last. */
function behind(link: string | null): string | undefined {
  const next = /<([^>]+)>; rel="next"/.exec(link ?? "")?.[1];
  return next && (new URL(next, "http://serin").searchParams.get("after") ?? undefined);
}

/** A view, and a type in it, may go on in the next page. */
function withView(views: readonly ViewJson[], view: ViewJson): readonly ViewJson[] {
  const last = views.at(-1);
  if (last?.view !== view.view) return [...views, view];
  return [...views.slice(0, -1), { ...last, types: view.types.reduce(withType, last.types) }];
}

type TypeJson = ViewJson["types"][number];

function withType(types: readonly TypeJson[], type: TypeJson): readonly TypeJson[] {
  const last = types.at(-1);
  if (last?.typeUrl !== type.typeUrl) return [...types, type];
  const resources = [...last.resources, ...type.resources];
  return [...types.slice(0, -1), { ...last, resources }];
}
