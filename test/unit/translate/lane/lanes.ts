/** Lanes as model values, and a proxy that decides on plans as Envoy does. */
import type { Lane, LaneEntry, LaneMatch } from "../../../../src/model/lane.ts";
import type { LaneName, ServiceName } from "../../../../src/model/names.ts";
import type { NamedMatch } from "../../../../src/model/route.ts";
import type { HashSplit } from "../../../../src/model/traffic.ts";
import type {
  ForwardPlan,
  PlannedCluster,
  RoutePlan,
} from "../../../../src/translate/route/plan.ts";

export interface LaneParts extends Partial<Omit<Lane, "name" | "labels" | "services">> {
  readonly labels?: Readonly<Record<string, string>>;
  readonly services?: readonly string[];
}

export function lane(name: string, parts: LaneParts = {}): Lane {
  return {
    header: "x-lane",
    value: name,
    baggage: undefined,
    mode: "permissive",
    entries: [],
    origin: `lanes/${name}`,
    ...parts,
    name: name as LaneName,
    labels: new Map(Object.entries(parts.labels ?? { lane: name })),
    services: parts.services?.map((each) => each as ServiceName),
  };
}

export const entry = (parts: Partial<LaneEntry> = {}): LaneEntry => ({
  gateways: ["edge"],
  trustClient: false,
  matches: [],
  share: 10_000,
  hashSplit: undefined,
  ...parts,
});

export const exactly = (name: string, value: string): NamedMatch => ({
  name,
  kind: "exact",
  value,
});

export const laneMatch = (parts: Partial<LaneMatch>): LaneMatch => ({
  headers: [],
  cookies: [],
  queryParams: [],
  ...parts,
});

export const byUser: HashSplit = { headers: ["x-user-id"], salt: "", grpc: false };

export interface Request {
  readonly headers?: Readonly<Record<string, string>>;
  readonly cookies?: Readonly<Record<string, string>>;
  /** Place in the denominator: what chance drew, or the hash of who asks. */
  readonly drawn?: number;
  readonly hash?: number;
}

const holds =
  (values: Readonly<Record<string, string>> | undefined) =>
  ({ name, kind, value }: NamedMatch): boolean => {
    const given = values?.[name];
    if (given === undefined) return false;
    return kind === "exact" ? given === value : new RegExp(`^(?:${value})$`).test(given);
  };

/** The first plan that matches; paths, methods and query parameters are not looked at. */
export const planFor = (
  plans: readonly RoutePlan[],
  { headers, cookies }: Request,
): (RoutePlan & { readonly action: ForwardPlan }) | undefined => {
  const found = plans.find(
    ({ match }) =>
      match.headers.every(holds(headers)) &&
      match.cookies.every(holds(cookies)) &&
      match.queryParams.length === 0,
  );
  return found?.action.kind === "forward" ? { ...found, action: found.action } : undefined;
};

export function clusterFor(
  plans: readonly RoutePlan[],
  request: Request,
): PlannedCluster | undefined {
  const action = planFor(plans, request)?.action;
  if (action === undefined) return undefined;
  let place = (action.hashSplit === undefined ? request.drawn : request.hash) ?? 0;
  return action.clusters.find(({ weight }) => {
    place -= weight;
    return place < 0;
  });
}

/** `web/v1`, with `>gray` where the request goes on marked. */
export function answerTo(plans: readonly RoutePlan[], request: Request): string {
  const plan = planFor(plans, request);
  const cluster = clusterFor(plans, request);
  if (plan === undefined || cluster === undefined) return "nobody";
  const set = [
    ...(plan.action.requestHeaders?.set ?? []),
    ...(cluster.requestHeaders?.set ?? []),
  ].find(({ name }) => name.startsWith("x-"));
  return `${cluster.service}/${cluster.subset}${set === undefined ? "" : `>${set.value}`}`;
}
