/**
 * The filter that tells browsers what other sites may do.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httpcorsfilter
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full, headerName, hostname, integer, listOf } from "./leaves.ts";

const originError = 'an origin such as "https://a.example", "https://*.example:8443" or "*"';

/** A wildcard becomes a regular expression with an instruction for each character, and a few more. */
const wildcardChars = limits.decode.regexProgram - 20;

const origin = z
  .string({ error: originError })
  .refine(isOrigin, { error: originError, abort: true })
  .refine((value) => !value.includes("*") || value.length <= wildcardChars, {
    error: `an origin of at most ${wildcardChars} characters, as it has a wildcard`,
  });

function isOrigin(value: string): boolean {
  if (value === "*") return true;
  const [, host = "", port = "80"] =
    /^https?:\/\/([^:/]+)(?::([1-9][0-9]{0,4}))?$/i.exec(value) ?? [];
  return hostname.safeParse(host).success && Number(port) <= 65_535;
}

/** `*` stands for all, and then alone. */
function checkWildcard(list: readonly string[], context: z.RefinementCtx): void {
  const at = list.indexOf("*");
  if (at === -1 || list.length === 1) return;
  const message = '"*" stands for all, so it must be the only one';
  context.addIssue({ code: "custom", path: [at], message, params: full });
}

const method = z.enum([
  "GET",
  "HEAD",
  "POST",
  "PUT",
  "DELETE",
  "CONNECT",
  "OPTIONS",
  "TRACE",
  "PATCH",
  "*",
]);

const { corsNames } = limits.decode;

export const corsSchema = z.object({
  allowOrigins: listOf(origin, corsNames, "origins")
    .superRefine(checkWildcard)
    .optional()
    .describe("A leading `*` of a host stands for any labels; `*` alone for every origin."),
  allowCredentials: z.boolean().optional(),
  allowMethods: listOf(method, corsNames, "methods").superRefine(checkWildcard).optional(),
  allowHeaders: listOf(headerName, corsNames, "headers").superRefine(checkWildcard).optional(),
  exposeHeaders: listOf(headerName, corsNames, "headers").superRefine(checkWildcard).optional(),
  maxAge: integer(1, 2_147_483_647).optional().describe("Seconds; default 5."),
});

export type CorsValue = z.infer<typeof corsSchema>;
