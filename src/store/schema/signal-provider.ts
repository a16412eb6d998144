/**
 * Where the figures of a condition come from, in the words of Argo Rollouts' metrics.
 * https://argo-rollouts.readthedocs.io/en/stable/features/analysis/
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full } from "./leaves.ts";
import { httpUrl } from "./url.ts";

const { queryChars } = limits.decode;

const queryError = `a query of 1 to ${queryChars} characters`;

/** It may have several lines. */
const query = z
  .string({ error: queryError })
  .min(1, { error: queryError })
  .max(queryChars, { error: queryError })
  .superRefine((text, context) => {
    if (!/\{\{\s*args\./.test(text)) return;
    const message = "arguments such as {{args.name}} are not known here: write the value itself";
    context.addIssue({ code: "custom", message, params: full });
  });

const jsonPathError = 'a path to one value, such as "$.data.ratio" or "$.values[0]"';

const jsonPathPattern =
  /^\$(?:\.[A-Za-z_][A-Za-z0-9_-]*|\[[0-9]{1,4}\]|\["[^"\\\p{Cc}]*"\]){1,32}$/u;

/** Argo Rollouts puts it in braces. */
export const withoutBraces = (path: string): string => path.replace(/^\{(.*)\}$/, "$1");

const jsonPath = z
  .string({ error: jsonPathError })
  .max(256, { error: jsonPathError })
  .refine((path) => jsonPathPattern.test(withoutBraces(path)), { error: jsonPathError });

const kinds = ["envoy", "prometheus", "web"] as const;

export const providerSchema = z
  .object({
    envoy: z
      .object({})
      .optional()
      .describe("Load reports of the proxies (default): `result.ratio5xx`, `result.requests` …"),
    prometheus: z
      .object({ address: httpUrl, query })
      .optional()
      .describe("An instant query; its one sample is `result`."),
    web: z
      .object({ url: httpUrl, jsonPath })
      .optional()
      .describe("A GET that answers JSON; what jsonPath leads to is `result`."),
  })
  .superRefine((value, context) => {
    if (kinds.filter((kind) => value[kind] !== undefined).length === 1) return;
    const message = "expected one of envoy, prometheus and web";
    context.addIssue({ code: "custom", message, params: full });
  });

export type ProviderValue = z.infer<typeof providerSchema>;

/** Whether the figures are those of the proxies' load reports. */
export const isByProxies = ({ envoy, prometheus, web }: ProviderValue = {}): boolean =>
  envoy !== undefined || (prometheus === undefined && web === undefined);
