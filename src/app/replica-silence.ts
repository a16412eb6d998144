/** What a wait is told of the proxies of a replica that has not answered, or that nothing is heard of. */
import { type ReplicaProgress, unknownStatus } from "../admin/replicas.ts";

const allItsProxies = {
  node: "all its proxies",
  peer: "-",
  type: null,
  versionSent: null,
  versionAcked: null,
} as const;

export const unanswered: ReplicaProgress = {
  progress: "pending",
  proxies: 0,
  accepted: 0,
  behind: [{ ...allItsProxies, status: "PENDING", message: null }],
  omitted: 0,
};

/** For so many milliseconds, or more. */
export function notHeardOf(ms: number): ReplicaProgress {
  const message = `the replica is not heard of for ${Math.floor(ms / 1_000)} s or more: what they run is not known`;
  return { ...unanswered, behind: [{ ...allItsProxies, status: unknownStatus, message }] };
}
