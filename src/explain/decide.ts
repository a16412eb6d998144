/** What the action of a route does with a request. */
import type { Route, RouteAction, WeightedCluster } from "../proto/messages.ts";
import { hashRequest } from "./hash-policy.ts";
import { redirection } from "./redirect.ts";
import { bytesOf, lowerAscii, type RouterRequest, textOf } from "./request.ts";
import { type Drawn, shareOf } from "./shares.ts";

/** A cluster of a split. */
export interface ClusterShare {
  readonly cluster: string;
  readonly weight: number;
  /** 0 to 1, of the requests that come to this route. */
  readonly share: number;
}

export type Decision =
  | { readonly kind: "cluster"; readonly cluster: string }
  | {
      readonly kind: "split";
      readonly by: "chance";
      /** Why not by hash, where the route would; null where it would not. */
      readonly note: string | null;
      readonly shares: readonly ClusterShare[];
    }
  | {
      readonly kind: "split";
      readonly by: "hash";
      /** 16 hexadecimal digits. */
      readonly hash: string;
      /** What was hashed, for people. */
      readonly hashed: readonly string[];
      /** The hash modulo `sum`; the clusters take it in turn, each as many values as it weighs. */
      readonly value: number;
      readonly sum: number;
      readonly cluster: string;
      readonly shares: readonly ClusterShare[];
    }
  | { readonly kind: "redirect"; readonly status: number; readonly to: string }
  | { readonly kind: "response"; readonly status: number }
  | { readonly kind: "unknown"; readonly unknown: string };

/** What already had to be drawn for a request to come to a route. */
export interface DrawnBefore {
  readonly holding: readonly Drawn[];
  readonly failing: readonly Drawn[];
}

export function decide(route: Route, request: RouterRequest, before: DrawnBefore): Decision {
  const { direct_response: response, redirect, route: action } = route;
  if (response !== undefined) return { kind: "response", status: response.status ?? 0 };
  if (redirect !== undefined) {
    return { kind: "redirect", ...redirection(redirect, route.match ?? {}, request) };
  }
  if (action !== undefined) return forward(action, request, before);
  // What gRPC servers have: the request stays where it is.
  return { kind: "unknown", unknown: "an action that forwards nothing" };
}

function forward(action: RouteAction, request: RouterRequest, before: DrawnBefore): Decision {
  const { cluster, cluster_header: header, weighted_clusters: weighted } = action;
  if (cluster !== undefined) return { kind: "cluster", cluster };
  if (weighted !== undefined) return split(action, weighted, request, before);
  const named = request.headers.get(lowerAscii(bytesOf(header ?? "")))?.[0];
  return named === undefined
    ? { kind: "unknown", unknown: `the cluster that header ${header ?? ""} names: it is missing` }
    : { kind: "cluster", cluster: textOf(named) };
}

function split(
  action: RouteAction,
  weighted: WeightedCluster,
  request: RouterRequest,
  before: DrawnBefore,
): Decision {
  const clusters = (weighted.clusters ?? []).map(({ name = "", weight }) => ({
    cluster: name,
    weight: weight?.value ?? 0,
  }));
  const sum = clusters.reduce((total, { weight }) => total + weight, 0);
  if (sum === 0) return { kind: "unknown", unknown: "a split whose weights are all 0" };
  if (weighted.use_hash_policy?.value !== true) return byChance(clusters, sum, before, null);
  const { hash, of, unknown } = hashRequest(action.hash_policy ?? [], request);
  if (unknown !== undefined) {
    return byChance(clusters, sum, before, `the hash is of ${unknown}, which only the proxy knows`);
  }
  if (hash === undefined) {
    return byChance(clusters, sum, before, "nothing of the request is there to hash");
  }
  const value = Number(hash % BigInt(sum));
  const spans = spansOf(clusters);
  const picked = spans.find(({ to }) => value < to);
  return {
    kind: "split",
    by: "hash",
    hash: hash.toString(16).padStart(16, "0"),
    hashed: of,
    value,
    sum,
    cluster: picked?.cluster ?? "",
    shares: clusters.map((each) => ({ ...each, share: each.weight / sum })),
  };
}

/** Place of the part of a split that was picked, of which several may lead to one cluster. */
export function pickedPart(decision: Decision): number | undefined {
  if (decision.kind !== "split" || decision.by !== "hash") return undefined;
  return spansOf(decision.shares).findIndex(({ to }) => decision.value < to);
}

interface Weighted {
  readonly cluster: string;
  readonly weight: number;
}

function byChance(
  clusters: readonly Weighted[],
  sum: number,
  { holding, failing }: DrawnBefore,
  note: string | null,
): Decision {
  const here = shareOf(holding, failing);
  const shares = spansOf(clusters).map(({ cluster, weight, from, to }) => {
    const both = shareOf([...holding, { of: sum, from, to }], failing);
    return { cluster, weight, share: here === 0 ? weight / sum : both / here };
  });
  return { kind: "split", by: "chance", note, shares };
}

/** Which values of the hash, or of chance, each takes. */
function spansOf(clusters: readonly Weighted[]) {
  let end = 0;
  return clusters.map((each) => {
    const from = end;
    end += each.weight;
    return { ...each, from, to: end };
  });
}
