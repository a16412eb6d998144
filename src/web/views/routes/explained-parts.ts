/** What a route does with a request, as versions with shares and instances. */

export type Decision =
  | { readonly kind: "cluster"; readonly cluster: string }
  | {
      readonly kind: "split";
      /** By hash it is one of them for sure. */
      readonly by: "chance" | "hash";
      readonly cluster?: string;
      readonly shares: readonly { readonly cluster: string; readonly share: number }[];
    }
  | { readonly kind: "redirect"; readonly status: number; readonly to: string }
  | { readonly kind: "response"; readonly status: number }
  | { readonly kind: "unknown"; readonly unknown: string };

export interface ClusterPart {
  readonly cluster: string;
  readonly members: readonly ClusterPart[];
  readonly endpoints: readonly { readonly address: string; readonly drained: boolean }[];
}

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
  if (decision.by === "hash" && decision.cluster !== undefined) {
    return [{ cluster: decision.cluster, share: 1 }];
  }
  return decision.shares.filter(({ share }) => share > 0);
}

/** Of an aggregate: those of the first of its members that has any. */
const endpointsOf = ({ endpoints, members }: ClusterPart): ClusterPart["endpoints"] =>
  endpoints.length > 0
    ? endpoints
    : (members.map(endpointsOf).find((each) => each.length > 0) ?? []);
