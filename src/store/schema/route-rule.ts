/** What rules of HTTPRoutes and GRPCRoutes have in common. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { type BackendTargetValue, backendRefShape, targetProblem } from "./backend-ref.ts";
import { firstDuplicate, full, listOf, name } from "./leaves.ts";
import { type FilterValue, grpcFilters, httpFilters } from "./route-filter.ts";
import { hashSplitSchema, timeoutsSchema } from "./route-traffic.ts";
import { rateLimitSchema, retrySchema } from "./traffic.ts";

const { backendRefs } = limits.decode;

const backendFilters = "Only RequestHeaderModifier and ResponseHeaderModifier can be carried out.";

export const httpBackendRefs = listOf(
  z.object({ ...backendRefShape, filters: httpFilters.optional().describe(backendFilters) }),
  backendRefs,
  "backends",
);

export const grpcBackendRefs = listOf(
  z.object({ ...backendRefShape, filters: grpcFilters.optional().describe(backendFilters) }),
  backendRefs,
  "backends",
);

/** Fields of a rule that are the same in both kinds. */
export const ruleShape = {
  name: name.optional().describe("Unique in the route; for display."),
  timeouts: timeoutsSchema.optional().describe("Default: the service's."),
  retry: retrySchema.optional().describe("Default: the service's."),
  hashSplit: hashSplitSchema
    .optional()
    .describe(
      "Default: each request is split by chance. The first of the backends is the stable one: who cannot be told apart gets the first that takes traffic. Not in the Gateway API.",
    ),
  rateLimit: rateLimitSchema.optional().describe("Default: the service's. Not in the Gateway API."),
  sessionPersistence: z.unknown().optional().describe("Has no effect: use hashSplit."),
};

export interface BackendRefValue extends BackendTargetValue {
  readonly weight?: number | undefined;
  readonly filters?: readonly FilterValue[] | undefined;
}

/** Why a backend cannot be used; undefined where it can. */
export function backendProblem(backend: BackendRefValue): string | undefined {
  const unsupported = backend.filters?.find(({ type }) => !headerFilters.has(type));
  const problem = targetProblem(backend);
  if (problem !== undefined || unsupported === undefined) return problem;
  return `serin has no filter of the type ${unsupported.type} for one backend`;
}

const headerFilters: ReadonlySet<string> = new Set([
  "RequestHeaderModifier",
  "ResponseHeaderModifier",
]);

/** Refuses two rules of the same name. */
export function checkRuleNames(
  rules: readonly { readonly name?: string | undefined }[],
  context: z.RefinementCtx,
): void {
  // A space is in no name.
  const duplicate = firstDuplicate(rules.map(({ name: own }, index) => own ?? `rule ${index}`));
  if (duplicate === -1) return;
  const message = "names a rule twice";
  context.addIssue({ code: "custom", path: [duplicate, "name"], message, params: full });
}
