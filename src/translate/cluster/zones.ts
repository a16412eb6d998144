/**
 * What a service's settings say of its zones, and when traffic leaves a zone or a subset.
 * https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority
 */
import type { LocalitySetting, ServiceSettings } from "../../model/service.ts";
import type { MessageOf } from "../../proto/messages.ts";
import { wrapped } from "../../proto/values.ts";
import { zonesAreWeighted } from "./load-balancing.ts";

type Policy = MessageOf<"envoy.config.endpoint.v3.ClusterLoadAssignment.Policy">;

/** `weight` undefined: as many as the instances weigh. */
export type ZoneSetting = Pick<LocalitySetting, "weight" | "priority">;

const unlisted: ZoneSetting = { weight: undefined, priority: 0 };

export const zoneSetting = (localities: readonly LocalitySetting[], zone: string): ZoneSetting =>
  localities.find((each) => each.zone === zone) ?? unlisted;

/** Priorities from 0 without gaps, in the same order: Envoy and gRPC clients refuse gaps. */
export function compressed(priorities: readonly number[]): ReadonlyMap<number, number> {
  const present = [...new Set(priorities)].sort((a, b) => a - b);
  return new Map(present.map((priority, i) => [priority, i]));
}

/** One healthy endpoint of ten thousand is enough. */
const oneIsEnough: Policy = { overprovisioning_factor: wrapped(1_000_000) };

/**
 * When the next priority, or in an aggregate the next member, takes over. Envoy's default moves
 * traffic away as soon as less than 71 % of the endpoints are healthy, so that requests for a canary
 * would reach the stable version while the canary still serves. That default stays where zones are
 * to share the load. Drained endpoints do not count, and gRPC clients have no such factor.
 */
export function overflowPolicy(settings: ServiceSettings, priorities: number): Policy | undefined {
  // Aggregates are made only where proxies learn of sick endpoints by themselves.
  const watched = settings.healthCheck !== undefined || settings.outlierDetection !== undefined;
  const shared = priorities > 1 || zonesAreWeighted(settings.localities);
  return watched && !shared ? oneIsEnough : undefined;
}
