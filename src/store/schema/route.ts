/**
 * `routes/<name>`: the HTTPRoute spec of the Gateway API, with `backendRefs[].subset`,
 * `matches[].cookies`, `rules[].hashSplit` and `rules[].rateLimit` added.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { cautioned } from "./cautions.ts";
import { confined, full, hostname, listOf } from "./leaves.ts";
import { commonRouteShape } from "./parent-ref.ts";
import { routeCautions } from "./route-cautions.ts";
import { httpFilters } from "./route-filter.ts";
import { type MatchValue, matchesSchema } from "./route-match.ts";
import { checkRegexes, type Regex, regexesOf } from "./route-regexes.ts";
import { checkRuleNames, httpBackendRefs, ruleShape } from "./route-rule.ts";

const { rules, hostnames } = limits.decode;

export const hostnamesSchema = confined(
  listOf(hostname, hostnames, "hostnames").optional().describe("None given: every host."),
  "without hostnames the route takes every host",
);

const plainRule = z.object({
  ...ruleShape,
  matches: confined(
    matchesSchema.optional().describe("Any may match; none given: every path."),
    "without matches the rule takes every request",
  ),
  filters: httpFilters.optional(),
  backendRefs: httpBackendRefs.optional(),
});

type RuleValue = z.infer<typeof plainRule>;

const rule = plainRule.superRefine(checkDestination);

/** A redirect forwards nothing, and a prefix is replaced where a prefix was matched. */
function checkDestination(
  { filters = [], backendRefs = [], matches = [] }: RuleValue,
  context: z.RefinementCtx,
): void {
  const isByPrefix = matches.every(({ path }) => (path?.type ?? "PathPrefix") === "PathPrefix");
  for (const [index, { type, requestRedirect, urlRewrite }] of filters.entries()) {
    const refuse = (path: readonly PropertyKey[], message: string) =>
      context.addIssue({
        code: "custom",
        path: ["filters", index, ...path],
        message,
        params: full,
      });
    if (type === "RequestRedirect" && backendRefs.length > 0) {
      refuse(["type"], "a redirected request is not forwarded: leave the backendRefs out");
    }
    const field = type === "RequestRedirect" ? "requestRedirect" : "urlRewrite";
    const { path } = requestRedirect ?? urlRewrite ?? {};
    if (path?.type !== "ReplacePrefixMatch" || isByPrefix) continue;
    refuse([field, "path", "type"], "a prefix is replaced only where every match is by PathPrefix");
  }
}

const matchRegexes = (match: MatchValue, at: readonly PropertyKey[]): readonly Regex[] => [
  ...(match.path?.type === "RegularExpression"
    ? [{ at: [...at, "path", "value"], value: match.path.value ?? "/" }]
    : []),
  ...regexesOf(match.headers, [...at, "headers"]),
  ...regexesOf(match.queryParams, [...at, "queryParams"]),
  ...regexesOf(match.cookies, [...at, "cookies"]),
];

const ruleRegexes = (list: readonly RuleValue[]): readonly Regex[] =>
  list.flatMap(({ matches = [] }, n) =>
    matches.flatMap((match, m) => matchRegexes(match, [n, "matches", m])),
  );

const ruleList = listOf(rule, rules, "rules")
  .superRefine(checkRuleNames)
  .superRefine((list, context) => checkRegexes(ruleRegexes(list), context));

export const routeSchema = cautioned(
  z
    .object({ hostnames: hostnamesSchema, ...commonRouteShape, rules: ruleList })
    .describe("Routing, as in the HTTPRoute of the Gateway API."),
  (route) => routeCautions(route, "answered with 500"),
);

export type RouteValue = z.infer<typeof routeSchema>;
