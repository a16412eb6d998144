/**
 * What a rule does besides forwarding. Each filter has one field, which its type names.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutefilter
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { corsSchema } from "./cors.ts";
import { headerModifier } from "./header-modifier.ts";
import { full, listOf, text } from "./leaves.ts";
import { mirrorSchema } from "./mirror.ts";
import { redirectSchema, rewriteSchema } from "./path-modifier.ts";

const fieldOfType = {
  RequestHeaderModifier: "requestHeaderModifier",
  ResponseHeaderModifier: "responseHeaderModifier",
  RequestMirror: "requestMirror",
  RequestRedirect: "requestRedirect",
  URLRewrite: "urlRewrite",
  CORS: "cors",
  ExternalAuth: "externalAuth",
  ExtensionRef: "extensionRef",
} as const;

type FilterType = keyof typeof fieldOfType;
type FilterField = (typeof fieldOfType)[FilterType];
type Typed = { readonly type: FilterType } & { readonly [field in FilterField]?: unknown };

function checkField(filter: Typed, context: z.RefinementCtx): void {
  const own = fieldOfType[filter.type];
  if (filter[own] === undefined) {
    context.addIssue({ code: "custom", path: [own], message: "an object" });
  }
  for (const field of Object.values(fieldOfType)) {
    if (field === own || filter[field] === undefined) continue;
    const message = `a filter of the type ${filter.type} has the field ${own} alone`;
    context.addIssue({ code: "custom", path: [field], message, params: full });
  }
}

/** Filters that a rule may have more than once. */
const repeatable: readonly FilterType[] = ["RequestMirror", "ExtensionRef"];

function checkTogether(filters: readonly Typed[], context: z.RefinementCtx): void {
  const seen = new Set<FilterType>();
  for (const [index, { type }] of filters.entries()) {
    if (seen.has(type) && !repeatable.includes(type)) {
      const message = `a second ${type}: there is at most one`;
      context.addIssue({ code: "custom", path: [index, "type"], message, params: full });
    }
    seen.add(type);
  }
  if (seen.has("RequestRedirect") && seen.has("URLRewrite")) {
    const message = "a redirected request is not forwarded, so it cannot be rewritten as well";
    const index = filters.findIndex(({ type }) => type === "URLRewrite");
    context.addIssue({ code: "custom", path: [index, "type"], message, params: full });
  }
  const mirrors = filters.filter(({ type }) => type === "RequestMirror").length;
  if (mirrors > limits.decode.mirrors) {
    const message = `at most ${limits.decode.mirrors} mirrors`;
    context.addIssue({ code: "custom", path: [], message });
  }
}

/** Fields that filters of HTTPRoutes and GRPCRoutes have in common. */
const commonShape = {
  requestHeaderModifier: headerModifier.optional(),
  responseHeaderModifier: headerModifier.optional(),
  requestMirror: mirrorSchema.optional().describe("Copies requests; answers are thrown away."),
  extensionRef: z
    .object({ group: text(253), kind: text(63, 1), name: text(253, 1) })
    .optional()
    .describe("Cannot be carried out: the rule answers 500 (gRPC: UNAVAILABLE)."),
};

const httpFilter = z
  .object({
    type: z.enum([
      "RequestHeaderModifier",
      "ResponseHeaderModifier",
      "RequestMirror",
      "RequestRedirect",
      "URLRewrite",
      "CORS",
      "ExternalAuth",
      "ExtensionRef",
    ]),
    ...commonShape,
    requestRedirect: redirectSchema.optional(),
    urlRewrite: rewriteSchema.optional(),
    cors: corsSchema.optional(),
    externalAuth: z
      .looseObject({})
      .optional()
      .describe("Cannot be carried out: the rule answers 500."),
  })
  .superRefine(checkField);

const grpcFilter = z
  .object({
    type: z.enum([
      "RequestHeaderModifier",
      "ResponseHeaderModifier",
      "RequestMirror",
      "ExtensionRef",
    ]),
    ...commonShape,
  })
  .superRefine(checkField);

export const httpFilters = listOf(httpFilter, limits.decode.filters, "filters")
  .superRefine(checkTogether)
  .describe("Each type once, but RequestMirror and ExtensionRef.");

export const grpcFilters = listOf(grpcFilter, limits.decode.filters, "filters")
  .superRefine(checkTogether)
  .describe("Each type once, but RequestMirror and ExtensionRef.");

/** A filter of a GRPCRoute is one as well. */
export type FilterValue = z.infer<typeof httpFilter>;
