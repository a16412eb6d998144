/** What a route does with a request, as versions with shares and instances. */
import type { ServedAnswer } from "../../../api/explain.ts";

/** Of one route, or of connections that are forwarded as they are. */
export type Decision = NonNullable<ServedAnswer["connection"]>;

export type ClusterPart = ServedAnswer["clusters"][number];

export interface OutcomePart {
  readonly cluster: string;
  /** 0 to 1. */
  readonly share: number;
  readonly endpoints: ClusterPart["endpoints"];
}

export function outcomeParts(
  decision: Extract<Decision, { kind: "cluster" | "split" }>,
  clusters: readonly ClusterPart[],
): readonly OutcomePart[] {
  return sharesOf(decision).map(({ cluster, share }) => {
    const found = clusters.find((each) => each.cluster === cluster);
    return { cluster, share, endpoints: found === undefined ? [] : endpointsOf(found) };
  });
}

function sharesOf(decision: Extract<Decision, { kind: "cluster" | "split" }>) {
  if (decision.kind === "cluster") return [{ cluster: decision.cluster, share: 1 }];
  // By hash it is one of them for sure.
  if (decision.by === "hash") return [{ cluster: decision.cluster, share: 1 }];
  return decision.shares.filter(({ share }) => share > 0);
}

/** Of an aggregate: those of the first of its members that has any. */
const endpointsOf = ({ endpoints, members }: ClusterPart): ClusterPart["endpoints"] =>
  endpoints.length > 0
    ? endpoints
    : (members.map(endpointsOf).find((each) => each.length > 0) ?? []);
