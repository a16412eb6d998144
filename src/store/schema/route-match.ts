/** What a rule of an HTTPRoute matches: path, headers, query parameters, method, and our cookies. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { firstDuplicate, full, headerName, listOf, narrowing, reason, text } from "./leaves.ts";

/** Marks an object whose fields narrow a match: with one of them unknown, the match is left out. */
export function narrow<S extends z.ZodObject>(schema: S): S {
  narrowing.add(schema, { consequence: "so this match is left out" });
  return schema;
}

const matchType = z.enum(["Exact", "RegularExpression"]).optional().describe("Default Exact.");

const urlPath = /^\/(?:[-A-Za-z0-9/._~!$&'()*+,;=:@]|%[0-9a-fA-F]{2})*$/;
const unnormal = /\/\/|\/\.{1,2}(?:\/|$)|%2f/i;
/** A dot segment with parameters is one as well, though a path may be rewritten to it. */
const dotSegment = /\/\.{1,2};/;
const unreserved = /[-A-Za-z0-9._~]/;

/** Why no request can have this path; undefined where one can. */
export function pathProblem(value: string): string | undefined {
  if (!urlPath.test(value)) return 'expected a URL path that starts with "/", without a query';
  return unnormal.test(value) ? 'a path must not contain "//", "/./", "/../" or "%2f"' : undefined;
}

/** Why no path has this form by the time that Envoy, which brings it into a normal one, matches it. */
function matchProblem(value: string): string | undefined {
  const problem = pathProblem(value);
  if (problem !== undefined) return problem;
  if (/%(?:5c|00)/i.test(value)) return 'no path that is matched contains "%5c" or "%00"';
  const plain = value.replaceAll(/%[0-9a-f]{2}/gi, (written) => {
    const character = String.fromCharCode(Number.parseInt(written.slice(1), 16));
    return unreserved.test(character) ? character : written;
  });
  if (pathProblem(plain) !== undefined || dotSegment.test(plain)) {
    return 'a path must not contain "." or ".." as a segment';
  }
  if (plain === value) return undefined;
  const shown = plain.slice(0, limits.decode.echoChars);
  return `letters, digits, "-", ".", "_" and "~" are matched unescaped: write ${shown}`;
}

const path = narrow(
  z
    .looseObject({
      type: z
        .enum(["Exact", "PathPrefix", "RegularExpression"])
        .optional()
        .describe("Default PathPrefix, which takes whole segments."),
      value: text(1_024).optional().describe('Default "/".'),
    })
    .superRefine(({ type, value = "/" }, context) => {
      // The route looks at its regular expressions together.
      const message = type === "RegularExpression" ? undefined : matchProblem(value);
      if (message === undefined) return;
      context.addIssue({ code: "custom", path: ["value"], message, params: reason });
    }),
);

const header = narrow(
  z.looseObject({
    type: matchType,
    name: headerName.describe("In any case."),
    value: text(4_096, 1).describe("A regular expression must match all of it."),
  }),
);

const queryParam = narrow(
  z.looseObject({
    type: matchType,
    name: text(256, 1).describe("As it is written in the URL."),
    value: text(1_024, 1),
  }),
);

const cookieNameError = "a cookie name";

/** A token, as the name of a header is. https://www.rfc-editor.org/rfc/rfc6265#section-4.1.1 */
const cookieName = z
  .string({ error: cookieNameError })
  .refine((value) => headerName.safeParse(value).success, { error: cookieNameError });

const cookie = narrow(z.looseObject({ type: matchType, name: cookieName, value: text(4_096, 1) }));

const { matchHeaders, matchQueryParams, matchCookies, matches } = limits.decode;

const cookies = listOf(cookie, matchCookies, "cookies").superRefine((list, context) => {
  const duplicate = firstDuplicate(list.map((entry) => entry.name));
  if (duplicate === -1) return;
  const message = "names a cookie twice in one match";
  context.addIssue({ code: "custom", path: [duplicate, "name"], message, params: full });
});

export const headerMatches = listOf(header, matchHeaders, "headers")
  .optional()
  .describe("All must match; of one name only the first counts.");

const match = narrow(
  z.looseObject({
    path: path.optional().describe("Default: every path."),
    headers: headerMatches,
    queryParams: listOf(queryParam, matchQueryParams, "query parameters")
      .optional()
      .describe("All must match; of one name only the first counts."),
    cookies: cookies.optional().describe("All must match. Not in the Gateway API."),
    method: z
      .enum(["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"])
      .optional(),
  }),
);

export const matchesSchema = listOf(match, matches, "matches");

export type MatchValue = z.infer<typeof match>;
export type NamedMatchValue = z.infer<typeof header>;

/** Whether a loose object has only fields that its schema knows. */
export const hasOnly = (value: object, { shape }: z.ZodObject): boolean =>
  Object.keys(value).every((field) => Object.hasOwn(shape, field));

/** Whether every header is matched by nothing that serin does not know. */
export const areWholeHeaders = (list: readonly NamedMatchValue[]): boolean =>
  list.every((entry) => hasOnly(entry, header));

/** Whether every condition of the match is one that serin can pass on. */
export const isWholeMatch = (value: MatchValue): boolean =>
  hasOnly(value, match) &&
  hasOnly(value.path ?? {}, path) &&
  areWholeHeaders(value.headers ?? []) &&
  (value.queryParams ?? []).every((entry) => hasOnly(entry, queryParam)) &&
  (value.cookies ?? []).every((entry) => hasOnly(entry, cookie));
