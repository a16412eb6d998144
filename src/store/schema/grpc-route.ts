/**
 * `grpcroutes/<name>`: the GRPCRoute spec of the Gateway API, with what we add to an HTTPRoute, and
 * its `timeouts` and `retry`. https://gateway-api.sigs.k8s.io/reference/spec/#grpcroutespec
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { cautioned } from "./cautions.ts";
import { methodRegexes, methodSchema } from "./grpc-method.ts";
import { confined, listOf } from "./leaves.ts";
import { commonRouteShape } from "./parent-ref.ts";
import { hostnamesSchema } from "./route.ts";
import { routeCautions } from "./route-cautions.ts";
import { grpcFilters } from "./route-filter.ts";
import { areWholeHeaders, hasOnly, headerMatches, narrow } from "./route-match.ts";
import { checkRegexes, type Regex, regexesOf } from "./route-regexes.ts";
import { checkRuleNames, grpcBackendRefs, ruleShape } from "./route-rule.ts";

const match = narrow(
  z.looseObject({
    method: methodSchema.optional().describe("Default: every method."),
    headers: headerMatches,
  }),
);

export type GrpcMatchValue = z.infer<typeof match>;

/** Whether every condition of the match is one that serin can pass on. */
export const isWholeGrpcMatch = (value: GrpcMatchValue): boolean =>
  hasOnly(value, match) &&
  hasOnly(value.method ?? {}, methodSchema) &&
  areWholeHeaders(value.headers ?? []);

const { matches, rules } = limits.decode;

const rule = z.object({
  ...ruleShape,
  matches: confined(
    listOf(match, matches, "matches")
      .optional()
      .describe("Any may match; none given: every method."),
    "without matches the rule takes every call",
  ),
  filters: grpcFilters.optional(),
  backendRefs: grpcBackendRefs.optional(),
});

type RuleValue = z.infer<typeof rule>;

const ruleRegexes = (list: readonly RuleValue[]): readonly Regex[] =>
  list.flatMap(({ matches: own = [] }, n) =>
    own.flatMap(({ method, headers }, m) => {
      const at = [n, "matches", m];
      const path = method === undefined ? [] : methodRegexes(method, [...at, "method"]);
      return [...path, ...regexesOf(headers, [...at, "headers"])];
    }),
  );

const ruleList = listOf(rule, rules, "rules")
  .superRefine(checkRuleNames)
  .superRefine((list, context) => checkRegexes(ruleRegexes(list), context));

export const grpcRouteSchema = cautioned(
  z
    .object({ hostnames: hostnamesSchema, ...commonRouteShape, rules: ruleList })
    .describe("Routing of gRPC, as in the GRPCRoute of the Gateway API."),
  (route) => routeCautions(route, "answered with UNAVAILABLE"),
);

export type GrpcRouteValue = z.infer<typeof grpcRouteSchema>;
