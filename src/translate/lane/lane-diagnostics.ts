/**
 * What of a lane will not do what its author means, as far as the state as a whole shows: members
 * that are not there, a baseline that is empty, and names of nothing.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Lane } from "../../model/lane.ts";
import type { GatewayName, LaneName, ServiceName } from "../../model/names.ts";
import { laneSubsetName } from "../names.ts";
import type { TranslatedService } from "../service.ts";
import { doubt } from "./doubt.ts";
import type { Edge } from "./edge.ts";
import { entryDiagnostics } from "./entry-diagnostics.ts";
import { namesOf } from "./names-of.ts";

/** `edges`: of all gateways by name, the built-in one too. */
export function laneDiagnostics(
  lanes: readonly Lane[],
  services: ReadonlyMap<ServiceName, TranslatedService>,
  edges: ReadonlyMap<GatewayName, Edge>,
): readonly Diagnostic[] {
  if (lanes.length === 0) return [];
  const members = membersOf(services);
  return [
    ...lanes.flatMap((lane) => [
      ...memberDiagnostics(lane, members.get(lane.name)),
      ...missingNames(lane, services, edges),
    ]),
    ...entryDiagnostics(lanes, edges),
  ];
}

interface Members {
  readonly count: number;
  /** Services that have no other instances. */
  readonly whole: readonly ServiceName[];
}

function membersOf(
  services: ReadonlyMap<ServiceName, TranslatedService>,
): ReadonlyMap<LaneName, Members> {
  const members = new Map<LaneName, Members>();
  for (const { service, routing, subsets } of services.values()) {
    if (routing.lanes.size === 0) continue;
    const counts = [...routing.lanes.keys()].map((lane) => {
      const count = subsets.get(laneSubsetName(lane))?.subset.instances.length ?? 0;
      return [lane, count] as const;
    });
    const inLanes = counts.reduce((sum, [, count]) => sum + count, 0);
    for (const [lane, count] of counts) {
      if (count === 0) continue;
      const { count: before, whole } = members.get(lane) ?? { count: 0, whole: [] };
      const isWhole = inLanes === service.instances.length;
      members.set(lane, {
        count: before + count,
        whole: isWhole ? [...whole, service.name] : whole,
      });
    }
  }
  return members;
}

function memberDiagnostics(lane: Lane, members: Members | undefined): readonly Diagnostic[] {
  if (members === undefined) {
    const labels = [...lane.labels].map(([name, value]) => `${name}=${value}`).join(",");
    const fate = lane.mode === "strict" ? "its requests fail with 503" : "the baseline answers";
    const message = `no instance is in the lane (${labels}): ${fate}`;
    return [doubt("SPLIT_NO_ENDPOINTS", lane, "labels", message)];
  }
  const { whole } = members;
  if (whole.length === 0) return [];
  const message = `every instance of ${namesOf(whole)} is in a lane: requests outside of it fail with 503`;
  return [doubt("LANE_TAKES_ALL", lane, "labels", message)];
}

function missingNames(
  lane: Lane,
  services: ReadonlyMap<ServiceName, unknown>,
  gateways: ReadonlyMap<GatewayName, unknown>,
): readonly Diagnostic[] {
  const found: Diagnostic[] = [];
  for (const [i, name] of (lane.services ?? []).entries()) {
    if (services.has(name)) continue;
    found.push(doubt("REFERENCE_MISSING", lane, `services[${i}]`, `no service ${name}`));
  }
  for (const [i, entry] of lane.entries.entries()) {
    for (const [j, name] of (entry.gateways ?? []).entries()) {
      if (gateways.has(name as GatewayName)) continue;
      const message = `no gateway ${name}: nobody enters the lane there`;
      found.push(doubt("REFERENCE_MISSING", lane, `entries[${i}].gateways[${j}]`, message));
    }
  }
  return found;
}
