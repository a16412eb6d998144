/**
 * `routes/<name>`: the HTTPRoute spec of the Gateway API, with `backendRefs[].subset` added.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httproutespec
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import {
  firstDuplicate,
  full,
  hostname,
  integer,
  later,
  listOf,
  name,
  narrowing,
  reason,
  text,
} from "./leaves.ts";
import { regexProblem } from "./regex.ts";

const urlPath = /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/;
const unnormal = /\/\/|\/\.{1,2}(?:\/|$)|%2f/i;

function pathProblem(type: string, value: string): string | undefined {
  // The route looks at its regular expressions together.
  if (type === "RegularExpression") return undefined;
  if (!urlPath.test(value)) return 'expected a URL path that starts with "/", without a query';
  return unnormal.test(value) ? 'a path must not contain "//", "/./", "/../" or "%2f"' : undefined;
}

const path = z
  .object({
    type: z.enum(["Exact", "PathPrefix", "RegularExpression"]).optional().describe("PathPrefix."),
    value: text(1_024).optional().describe('"/" where none is given.'),
  })
  .superRefine(({ type, value }, context) => {
    const message = pathProblem(type ?? "PathPrefix", value ?? "/");
    if (message === undefined) return;
    context.addIssue({ code: "custom", path: ["value"], message, params: reason });
  });

const headerNameError = "a header name";

const header = z.object({
  type: z.enum(["Exact", "RegularExpression"]).optional().describe("Exact."),
  name: z
    .string({ error: headerNameError })
    .max(256, { error: headerNameError })
    .regex(/^[-A-Za-z0-9!#$%&'*+.^_`|~]+$/, { error: headerNameError }),
  value: text(4_096, 1),
});

const { matchHeaders, matches, backendRefs, rules, hostnames } = limits.decode;

const headers = listOf(header, matchHeaders, "headers").superRefine((list, context) => {
  const duplicate = firstDuplicate(list.map((entry) => entry.name.toLowerCase()));
  if (duplicate === -1) return;
  const message = "names a header twice in one match";
  context.addIssue({ code: "custom", path: [duplicate, "name"], message, params: full });
});

const match = z.looseObject({
  path: path.optional(),
  headers: headers.optional(),
  method: later("Method"),
  queryParams: later("Query parameters"),
  cookies: later("Cookies"),
});
narrowing.add(match, { consequence: "so this match is left out" });

/** The conditions that are in force: a match with any other is left out, lest it match too much. */
export const matchConditions: readonly string[] = ["path", "headers"];

const backendRef = z.object({
  group: z.literal("").optional(),
  kind: z.literal("Service").optional(),
  name,
  subset: name.optional().describe("Default: the service's own split."),
  weight: integer(0, 1_000_000).optional().describe("Share among the rule's backends; default 1."),
  port: later("Port of the backend: the instances' own ports are used"),
  namespace: later("Namespace of the backend"),
  filters: later("Filters of one backend"),
});

const rule = z.object({
  name: later("Name of the rule"),
  matches: listOf(match, matches, "matches")
    .optional()
    .describe("Any may match; none given: every path."),
  backendRefs: listOf(backendRef, backendRefs, "backends").optional(),
  hashSplit: later("Split by hash instead of by chance"),
  filters: later("Filters"),
  timeouts: later("Timeouts of the rule"),
  retry: later("Retries"),
  sessionPersistence: later("Sticky sessions"),
});

interface Regex {
  readonly at: readonly PropertyKey[];
  readonly value: string;
}

type Rules = readonly z.infer<typeof rule>[];

const regexesOf = (list: Rules): readonly Regex[] =>
  list.flatMap((each, n) =>
    (each.matches ?? []).flatMap(({ path: own, headers: conditions }, m) => {
      const at = ["rules", n, "matches", m];
      const found = (conditions ?? []).map((condition, h) => ({
        ...condition,
        at: [...at, "headers", h, "value"],
      }));
      const all = [{ type: own?.type, value: own?.value ?? "/", at: [...at, "path", "value"] }];
      return [...all, ...found].filter(({ type }) => type === "RegularExpression");
    }),
  );

/** Looks at all regular expressions of a route: compiling them is bounded for the route as a whole. */
function checkRegexes(route: { readonly rules: Rules }, context: z.RefinementCtx): void {
  let chars = 0;
  for (const { at, value } of regexesOf(route.rules)) {
    chars += value.length;
    const isTooMuch = chars > limits.decode.regexCharsPerRoute;
    const message = isTooMuch ? tooManyChars : regexProblem(value);
    if (message === undefined) continue;
    context.addIssue({ code: "custom", path: [...at], message, params: reason });
    if (isTooMuch) return;
  }
}

const tooManyChars =
  `expected at most ${limits.decode.regexCharsPerRoute} characters of regular expressions ` +
  "in one route";

export const routeSchema = z
  .object({
    hostnames: listOf(hostname, hostnames, "hostnames")
      .optional()
      .describe("None given: every host."),
    rules: listOf(rule, rules, "rules"),
    parentRefs: later("Gateways of the route: a route belongs to every gateway"),
  })
  .superRefine(checkRegexes)
  .describe("Routing, as in the HTTPRoute of the Gateway API.");

export type RouteValue = z.infer<typeof routeSchema>;
export type MatchValue = z.infer<typeof match>;
