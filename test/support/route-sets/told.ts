/** What explain told of a request, held against what came of it. */
import type { Answer } from "../../../src/explain/answer.ts";
import type { ClusterEndpoints } from "../../../src/explain/endpoints.ts";
import type { RouteOutcome } from "../../../src/explain/explain-routes.ts";
import { bytesOf } from "../../../src/explain/request.ts";
import { changed } from "./changes.ts";
import type { MadeRequest } from "./requests.ts";
import type { Happened } from "./scene.ts";

/** Where a way leads: a cluster, as one of the parts of a split. */
interface Target {
  readonly cluster: string;
  readonly part: number;
}

/** One way the request may take. */
export type Way = {
  readonly outcome: RouteOutcome | undefined;
  readonly target: Target | undefined;
} & (
  | { readonly kind: "local"; readonly status: number; readonly location: string | undefined }
  | { readonly kind: "forward"; readonly addresses: readonly string[] }
);

const local = (status: number, location?: string, outcome?: RouteOutcome): Way => ({
  kind: "local",
  status,
  location,
  outcome,
  target: undefined,
});

/** Every way that explain says it may take. */
export function waysOf(answer: Answer): readonly Way[] {
  const { explanation, redirect, problem, clusters } = answer;
  const refused = /: (4\d\d)$/.exec(problem ?? "")?.[1];
  if (refused !== undefined) return [local(Number(refused))];
  if (redirect !== null) return [local(307, redirect)];
  if (explanation === null) throw new Error(`no answer: ${answer.problem}`);
  const ways = explanation.outcomes.flatMap((outcome): readonly Way[] => {
    const { decision } = outcome;
    if (decision.kind === "redirect") return [local(decision.status, decision.to, outcome)];
    if (decision.kind === "response") return [local(decision.status, undefined, outcome)];
    if (decision.kind === "unknown") throw new Error(`unknown: ${decision.unknown}`);
    if (decision.kind === "cluster" || decision.by === "hash") {
      return [forward(decision.cluster, 0, clusters, outcome)];
    }
    return decision.shares.flatMap(({ cluster, share }, part) =>
      share > 0 ? [forward(cluster, part, clusters, outcome)] : [],
    );
  });
  const unmatched = explanation.unmatched;
  if (unmatched === null) throw new Error("explain does not know whether a route is for it");
  return unmatched > 0 ? [...ways, local(404)] : ways;
}

function forward(
  cluster: string,
  part: number,
  clusters: readonly ClusterEndpoints[],
  outcome: RouteOutcome,
): Way {
  const addresses = usable(clusters.find((each) => each.cluster === cluster));
  const target = { cluster, part };
  return addresses.length === 0
    ? { ...local(503, undefined, outcome), target }
    : { kind: "forward", target, addresses, outcome };
}

/** Of an aggregate, the first of its clusters that has somebody. */
function usable(found: ClusterEndpoints | undefined): readonly string[] {
  if (found === undefined) return [];
  const own = found.endpoints.filter(({ drained }) => !drained).map(({ address }) => address);
  if (own.length > 0 || found.members.length === 0) return own;
  return found.members.map(usable).find((list) => list.length > 0) ?? [];
}

export interface Case {
  readonly request: MadeRequest;
  readonly happened: Happened;
  /** Of the instance that answered. */
  readonly address: string | undefined;
}

/** The way it took; or why it took none of them, by way. */
export function wayTaken(answer: Answer, asked: Case): Way | readonly string[] {
  const faults: string[] = [];
  for (const way of waysOf(answer)) {
    const found = [...differences(answer, way, asked)];
    if (found.length === 0) return way;
    const name = way.kind === "local" ? `answered with ${way.status}` : `to ${way.target?.cluster}`;
    faults.push(`${name}: ${found.join("; ")}`);
  }
  return faults.length === 0 ? ["there is no way for it"] : faults;
}

function* differences(answer: Answer, way: Way, asked: Case): Iterable<string> {
  const { request, happened } = asked;
  const { outcome } = way;
  if (way.kind === "forward") {
    if (happened.seen === undefined) return yield `nobody got it, status ${happened.status}`;
    if (!way.addresses.includes(asked.address ?? "")) {
      return yield `it came to ${happened.seen.instance}, which is none of the cluster's`;
    }
  } else {
    if (happened.seen !== undefined) return yield `it came to ${happened.seen.instance}`;
    yield* localDifferences(way, request, happened);
  }
  const expected = changed(answer, way, request);
  yield* markDifferences(outcome, expected.answer.get("x-rule"), happened.headers["x-rule"]);
  for (const [name, told] of expected.answer) {
    const value = told?.replace(servedVersion, happened.seen?.instance.split("/")[1] ?? "");
    const got = happened.headers[name];
    if (got !== bytesIn(value)) yield `answer's ${name} is ${got}, not ${value}`;
  }
  const { seen } = happened;
  if (seen === undefined) return;
  if (seen.path !== expected.path) yield `path ${seen.path}, not ${expected.path}`;
  if (seen.host !== expected.host) yield `host ${seen.host}, not ${expected.host}`;
  if (seen.method !== request.method) yield `method ${seen.method}`;
  for (const name of new Set([...Object.keys(seen.headers), ...expected.headers.keys()])) {
    if (proxysOwn.test(name)) continue;
    const [got, wanted] = [seen.headers[name], expected.headers.get(name)];
    if (got !== bytesIn(wanted)) yield `header ${name} is ${got}, not ${wanted}`;
  }
}

const servedVersion = '%UPSTREAM_METADATA(["serin", "version"])%';

/** Node takes each byte of a header for a character. */
const bytesIn = (text: string | undefined) => (text === undefined ? undefined : bytesOf(text));

/** Of the connection, of the message, or of Envoy's own. */
const proxysOwn =
  /^(?:host|connection|content-length|transfer-encoding|x-number|x-request-id|x-forwarded-.*|x-envoy-.*)$/;

/** https://github.com/envoyproxy/envoy/blob/main/source/common/grpc/status.cc */
const grpcStatuses = new Map([
  [400, "13"],
  [404, "12"],
  [503, "14"],
]);

function* localDifferences(
  { status, location }: Extract<Way, { kind: "local" }>,
  { headers }: MadeRequest,
  happened: Happened,
): Iterable<string> {
  const isGrpc = headers.some(([name, value]) => name === "content-type" && value.includes("grpc"));
  if (isGrpc && happened.status === 200) {
    const wanted = grpcStatuses.get(status) ?? "2";
    const got = happened.headers["grpc-status"];
    if (got !== bytesIn(wanted)) yield `grpc-status ${got}, not ${wanted}`;
  } else if (happened.status !== status) yield `status ${happened.status}`;
  if (location !== undefined && happened.headers["location"] !== location) {
    yield `location ${happened.headers["location"]}, not ${location}`;
  }
}

/** A rule that carries something out says in the answer that it was taken. */
function* markDifferences(
  outcome: RouteOutcome | undefined,
  told: string | undefined,
  got: string | undefined,
): Iterable<string> {
  if (got !== told) yield `the rule that was taken is ${got}, not ${told}`;
  const rule = /^[rg]\d\/\d+/.exec(outcome?.route ?? "")?.[0];
  if (told !== undefined && told !== rule) yield `the rule is told as ${told} and as ${rule}`;
}
