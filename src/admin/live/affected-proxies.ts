/** Which connected proxies a plan is about: those whose view would be another one. */
import type { PlanJson } from "../../api/plan.ts";
import { limits } from "../../config/limits.ts";
import { type GroupView, shortName } from "../../index.ts";
import type { ResourceChange } from "../../plan/resource-changes.ts";
import { proxyStreams } from "../proxy-status.ts";
import type { AdminSources } from "../sources.ts";

export function affectedProxies(
  changes: readonly ResourceChange[],
  sources: Pick<AdminSources, "views" | "xds">,
): PlanJson["proxies"] {
  const streams = proxyStreams(sources.xds.streams());
  const affected = new Set(
    sources
      .views()
      .filter((view) => changes.some((change) => concerns(change, view)))
      .map(({ key }) => key),
  );
  const found = streams.filter(({ group }) => group !== undefined && affected.has(group));
  const nodes = found.slice(0, limits.live.planNodes).map(({ node }) => node?.id ?? "");
  return { connected: streams.length, affected: found.length, nodes };
}

/** What is new is for whoever is led there by something else that changes, and for gRPC clients. */
function concerns(
  { place, type, added, changed, removed }: ResourceChange,
  view: GroupView,
): boolean {
  const [, id = ""] = /^(?:.*:)?([^:]*)$/.exec(view.key) ?? [];
  const [kind = "", name = ""] = split(place);
  if (kind === "snapshots") return view.key.endsWith(`node:${name}`);
  if (view.key.includes("node:")) return false;
  if (kind === "gateways") return id.split(",").includes(name);
  if (added.length > 0 && view.key.includes("all:")) return true;
  const table = view.tables().find(({ typeUrl }) => shortName(typeUrl) === type);
  return [...changed, ...removed].some((each) => table?.get(each) !== undefined);
}

const split = (place: string): readonly string[] => {
  const at = place.indexOf("/");
  return at === -1 ? [place] : [place.slice(0, at), place.slice(at + 1)];
};
