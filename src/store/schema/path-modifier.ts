/**
 * Filters that send a request elsewhere: a redirect by the client, a rewrite on the way.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httppathmodifier
 */
import { z } from "zod";
import { full, port, preciseHostname, reason, text } from "./leaves.ts";
import { pathProblem } from "./route-match.ts";

const fieldOfType = {
  ReplaceFullPath: "replaceFullPath",
  ReplacePrefixMatch: "replacePrefixMatch",
} as const;

const pathModifier = z
  .object({
    type: z.enum(["ReplaceFullPath", "ReplacePrefixMatch"]),
    replaceFullPath: text(1_024).optional(),
    replacePrefixMatch: text(1_024)
      .optional()
      .describe("In place of what the match's PathPrefix took; only for matches by PathPrefix."),
  })
  .superRefine((modifier, context) => {
    const own = fieldOfType[modifier.type];
    const refuse = (field: string, message: string, params: object = full) =>
      context.addIssue({ code: "custom", path: [field], message, params });
    for (const field of Object.values(fieldOfType)) {
      if (field !== own && modifier[field] !== undefined) {
        refuse(field, `"${modifier.type}" is told by ${own} alone`);
      }
    }
    const value = modifier[own];
    if (value === undefined) return refuse(own, "a path", {});
    // The prefix may be cut off.
    const message = value === "" && own === "replacePrefixMatch" ? undefined : pathProblem(value);
    if (message !== undefined) refuse(own, message, reason);
  });

const status = z.union(
  [z.literal(301), z.literal(302), z.literal(303), z.literal(307), z.literal(308)],
  { error: "one of 301, 302, 303, 307, 308" },
);

export const redirectSchema = z.object({
  scheme: z.enum(["http", "https"]).optional().describe("Default: as the request's."),
  hostname: preciseHostname.optional().describe("Default: as the request's."),
  path: pathModifier.optional().describe("Default: as the request's."),
  port: port.optional().describe("Default: that of the scheme, else of the listener."),
  statusCode: status.optional().describe("301, 302 (default), 303, 307 or 308."),
});

export const rewriteSchema = z.object({
  hostname: preciseHostname.optional(),
  path: pathModifier.optional(),
});

export type PathModifierValue = z.infer<typeof pathModifier>;
export type RedirectValue = z.infer<typeof redirectSchema>;
export type RewriteValue = z.infer<typeof rewriteSchema>;
