/** The whole of a snapshot, which comes in pages that count resources. */
import type { Command } from "commander";
import type { ViewJson } from "../api/snapshot.ts";
import { limits } from "../config/limits.ts";
import { parsedJson } from "../lib/parsed-json.ts";
import { err, ok, type Result } from "../lib/result.ts";
import { type AdminFailure, askAdmin } from "./admin-client.ts";
import { without } from "./direct-store.ts";
import type { SnapshotJson } from "./snapshot-text.ts";

export async function wholeSnapshot(
  command: Command,
  query: URLSearchParams,
): Promise<Result<SnapshotJson, AdminFailure>> {
  let path: string | undefined = `/v1/snapshot?${query}`;
  let revision: number | null = null;
  let views: readonly ViewJson[] = [];
  for (let pages = 0; path !== undefined; pages += 1) {
    if (pages === limits.cli.snapshotPages) {
      const detail = `more than ${pages} pages; ask for a part, by --node, --type or --name`;
      return err(without(detail));
    }
    const answered = await askAdmin(command, path);
    if (!answered.ok) return answered;
    const page = parsedJson(answered.value.text) as SnapshotJson | undefined;
    if (page === undefined) return err(without("GET /v1/snapshot answers no JSON"));
    revision = page.revision;
    views = page.views.reduce(withView, views);
    path = /<([^>]+)>; rel="next"/.exec(answered.value.headers.get("link") ?? "")?.[1];
  }
  return ok({ revision, views });
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
