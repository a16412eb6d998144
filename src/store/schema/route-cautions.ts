/** What is said of routes that are taken: references and filters that cannot be carried out. */
import { type BackendTargetValue, targetProblem } from "./backend-ref.ts";
import { type Caution, ignored, replaced } from "./cautions.ts";
import {
  locatedParents,
  namespaceCautions,
  type ParentRefValue,
  parentCautions,
} from "./parent-ref.ts";
import type { FilterValue } from "./route-filter.ts";
import { type BackendRefValue, backendProblem } from "./route-rule.ts";
import { rateLimitCautions } from "./traffic.ts";

interface Named {
  readonly name: string;
}

interface RuleValue {
  readonly matches?:
    | readonly {
        readonly headers?: readonly Named[] | undefined;
        readonly queryParams?: readonly Named[] | undefined;
        /** Of a GRPCRoute: names of services and methods. */
        readonly method?: unknown;
      }[]
    | undefined;
  readonly filters?: readonly FilterValue[] | undefined;
  readonly backendRefs?: readonly BackendRefValue[] | undefined;
  readonly rateLimit?: { readonly per?: string | undefined } | undefined;
  readonly sessionPersistence?: unknown;
}

interface RouteValue {
  readonly parentRefs?: readonly ParentRefValue[] | undefined;
  readonly useDefaultGateways?: "All" | "None" | undefined;
  readonly rules: readonly RuleValue[];
}

type At = readonly PropertyKey[];

/** `failure`: what a request gets that cannot be forwarded: "answered with 500". */
export function routeCautions(route: RouteValue, failure: string): readonly Caution[] {
  const targets: { readonly at: At; readonly target: BackendTargetValue }[] = [];
  const cautions = parentCautions(route);
  for (const [index, rule] of route.rules.entries()) {
    const at = ["rules", index];
    targets.push(...targetsOf(rule, at));
    cautions.push(...matchCautions(rule, at));
    cautions.push(
      ...(rule.filters ?? []).flatMap((filter, n) =>
        filterCautions(filter, [...at, "filters", n], failure),
      ),
    );
    cautions.push(...redirectCautions(rule, at), ...preflightCautions(rule, at));
    cautions.push(...rateLimitCautions(rule.rateLimit, [...at, "rateLimit"]));
    for (const [n, backend] of (rule.backendRefs ?? []).entries()) {
      const problem = backendProblem(backend);
      if (problem === undefined) continue;
      const message = `${problem}: its share goes to the other backends; without one, requests are ${failure}`;
      cautions.push(replaced([...at, "backendRefs", n], message));
    }
    if (rule.sessionPersistence !== undefined) {
      const message = "this field has no effect: hashSplit keeps users where they are";
      cautions.push(ignored([...at, "sessionPersistence"], message));
    }
  }
  const references = targets.map(({ at, target: { namespace } }) => ({ at, namespace }));
  return [...cautions, ...namespaceCautions([...locatedParents(route), ...references])];
}

const targetsOf = (rule: RuleValue, at: At) => [
  ...(rule.filters ?? []).flatMap(({ requestMirror }, n) =>
    requestMirror === undefined
      ? []
      : [
          {
            at: [...at, "filters", n, "requestMirror", "backendRef"],
            target: requestMirror.backendRef,
          },
        ],
  ),
  ...(rule.backendRefs ?? []).map((target, n) => ({ at: [...at, "backendRefs", n], target })),
];

function filterCautions(filter: FilterValue, at: At, failure: string): readonly Caution[] {
  if (filter.type === "ExtensionRef" || filter.type === "ExternalAuth") {
    const message = `serin has no filter of the type ${filter.type}: the rule's requests are ${failure}`;
    return [replaced([...at, "type"], message)];
  }
  const target = filter.requestMirror?.backendRef;
  const problem = target === undefined ? undefined : targetProblem(target);
  if (problem === undefined) return [];
  return [replaced([...at, "requestMirror", "backendRef"], `${problem}: nothing is copied to it`)];
}

const notOfRedirects: ReadonlySet<FilterValue["type"]> = new Set([
  "CORS",
  "RequestMirror",
  "RequestHeaderModifier",
]);

/** A redirect is an answer of the proxy itself. */
function redirectCautions({ filters = [], rateLimit }: RuleValue, at: At): readonly Caution[] {
  if (!filters.some(({ type }) => type === "RequestRedirect")) return [];
  const message = "has no effect, as the rule redirects its requests";
  return [
    ...filters.flatMap(({ type }, n) =>
      notOfRedirects.has(type) ? [ignored([...at, "filters", n, "type"], message)] : [],
    ),
    ...(rateLimit === undefined ? [] : [ignored([...at, "rateLimit"], message)]),
  ];
}

/** https://fetch.spec.whatwg.org/#cors-preflight-fetch */
function preflightCautions({ filters = [], matches = [] }: RuleValue, at: At): readonly Caution[] {
  const n = filters.findIndex(({ type }) => type === "CORS");
  const takes = matches.some(({ method = "OPTIONS" }) => method === "OPTIONS");
  if (n === -1 || matches.length === 0 || takes) return [];
  const message = "preflights have the method OPTIONS, which no match takes: they are not answered";
  return [replaced([...at, "filters", n, "type"], message)];
}

function matchCautions({ matches = [] }: RuleValue, at: At): readonly Caution[] {
  return matches.flatMap(({ headers = [], queryParams = [] }, n) => [
    ...repeated(headers, (name) => name.toLowerCase(), [...at, "matches", n, "headers"]),
    ...repeated(queryParams, (name) => name, [...at, "matches", n, "queryParams"]),
  ]);
}

/** https://gateway-api.sigs.k8s.io/reference/spec/#httpheadermatch wants later ones ignored. */
function repeated(
  conditions: readonly Named[],
  identity: (name: string) => string,
  at: At,
): readonly Caution[] {
  const seen = new Set<string>();
  return conditions.flatMap(({ name }, index) => {
    if (seen.size !== seen.add(identity(name)).size) return [];
    const message = "was named before in this match: only the first one counts";
    return [ignored([...at, index, "name"], message)];
  });
}
