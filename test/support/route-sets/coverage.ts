/** What a played request is an example of, so that a test can tell whether all was asked. */
import type { Played } from "./play.ts";
import type { Way } from "./told.ts";

type Sign = (played: Played, way: Way) => boolean;

const routeIs =
  (pattern: RegExp): Sign =>
  (_, { outcome }) =>
    pattern.test(outcome?.route ?? "");

const matched =
  (pattern: RegExp): Sign =>
  (_, { outcome }) =>
    (outcome?.matched ?? []).some((condition) => pattern.test(condition));

const changes =
  (pattern: RegExp): Sign =>
  ({ answer }, { outcome }) =>
    [...answer.changes, ...(outcome?.changes ?? [])].some((line) => pattern.test(line));

const answered =
  (status: number, isGrpc = false): Sign =>
  ({ happened, request }, way) =>
    way.kind === "local" &&
    way.status === status &&
    (happened.status === 200 || !isGrpc) &&
    isGrpc === isCall(request);

const isCall = ({ headers }: Played["request"]): boolean =>
  headers.some(([name, value]) => name === "content-type" && value === "application/grpc");

const split =
  (by: "chance" | "hash", parts: number): Sign =>
  (_, { outcome, kind }) => {
    const decision = outcome?.decision;
    if (kind !== "forward" || decision?.kind !== "split" || decision.by !== by) return false;
    return decision.shares.filter(({ share }) => share > 0).length >= parts;
  };

const domain =
  (pattern: RegExp): Sign =>
  ({ answer }) =>
    pattern.test(answer.explanation?.domain ?? "");

const noRoute: Sign = ({ answer }) => answer.explanation?.outcomes.length === 0;

/** Each with the least number of requests of a thousand that are to show it. */
const signs: Readonly<Record<string, readonly [least: number, sign: Sign]>> = {
  "a host by its name": [200, domain(/^[a-z]/)],
  "a host by a wildcard": [50, domain(/^\*\./)],
  "any host": [20, domain(/^\*$/)],
  "a host that nobody has": [10, ({ answer }) => answer.explanation?.virtualHost === null],
  "no route of the host": [20, (one, way) => noRoute(one, way) && way.kind === "local"],
  "a service by its own name": [15, (_, { outcome }) => /^#?\d*$/.test(outcome?.route ?? "x")],
  "a path, exactly": [30, matched(/^path is \S+$/)],
  "a path by its beginning": [100, matched(/^path (?:is \S+ or below|starts with)/)],
  "a path by an expression": [30, matched(/^path matches/)],
  "a header": [30, matched(/^header x-(?:kind|stage) is/i)],
  "a header by an expression": [20, matched(/^header (?:x-ver|user-agent) matches/i)],
  "a query parameter": [20, matched(/^query parameter \S+ is/)],
  "a query parameter by an expression": [10, matched(/^query parameter \S+ matches/)],
  "a cookie": [10, matched(/^cookie/)],
  "a method": [30, matched(/^header :method/)],
  "a rule that nearly fits": [100, ({ answer }) => (answer.explanation?.passed ?? []).length > 0],
  "one cluster": [100, (_, { outcome }) => outcome?.decision.kind === "cluster"],
  "a split by chance": [50, split("chance", 2)],
  "a split by user": [12, split("hash", 2)],
  "a redirect": [20, (_, { outcome }) => outcome?.decision.kind === "redirect"],
  "nowhere to forward to: 500": [10, answered(500)],
  "nobody there: 503": [5, answered(503)],
  "an escaped slash: 307": [5, answered(307)],
  "a call without a route: 404": [5, answered(404, true)],
  "a call that is forwarded": [
    25,
    ({ request }, { kind }) => isCall(request) && kind === "forward",
  ],
  "a call with an escaped slash: 400": [3, answered(400, true)],
  "a lane": [20, routeIs(/\/~gray/)],
  "a route of a release": [4, routeIs(/rollout:/)],
  "another path": [30, changes(/^rewrite the path/)],
  "another host": [10, changes(/^rewrite the host/)],
  "a path that is put in order": [20, changes(/^normalise the path/)],
  "a header that is set": [20, changes(/^(?:at [^:]+: )?set header/)],
  "a header that is added": [20, changes(/^(?:at [^:]+: )?add header/)],
  "a header that is removed": [20, changes(/^(?:at [^:]+: )?remove header/)],
  "a header of the answer": [25, changes(/in the answer, add header/)],
  "copies of some requests": [4, changes(/^copy \d?\d %/)],
  "a copy of every request": [3, changes(/^copy (?:100 %|every)/)],
};

export interface Coverage {
  readonly sign: string;
  readonly count: number;
  readonly least: number;
}

export const coverageOf = (played: readonly Played[]): readonly Coverage[] =>
  Object.entries(signs).map(([sign, [least, shows]]) => ({
    sign,
    least: Math.ceil((least * played.length) / 1_000),
    count: played.filter((one) => "kind" in one.taken && shows(one, one.taken)).length,
  }));
