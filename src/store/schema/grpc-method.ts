/**
 * The methods that a GRPCRoute matches. A call's path is `/<service>/<method>`, so a match of
 * methods is one of paths. https://gateway-api.sigs.k8s.io/reference/spec/#grpcmethodmatch
 */
import { z } from "zod";
import type { PathMatch } from "../../model/route.ts";
import { full, reason, text } from "./leaves.ts";
import { narrow } from "./route-match.ts";
import type { Regex } from "./route-regexes.ts";

const servicePattern = /^\.?[a-z_][a-z_0-9]*(?:\.[a-z_][a-z_0-9]*)*$/i;
const methodPattern = /^[a-z_][a-z_0-9]*$/i;

export const methodSchema = narrow(
  z
    .looseObject({
      type: z.enum(["Exact", "RegularExpression"]).optional().describe("Default Exact."),
      service: text(1_024).optional().describe("With its package; default: every service."),
      method: text(1_024).optional().describe("Default: every method."),
    })
    .superRefine(({ type, service = "", method = "" }, context) => {
      if (service === "" && method === "") {
        const message = "give a service, a method or both";
        context.addIssue({ code: "custom", path: [], message, params: full });
      }
      if (type === "RegularExpression") return;
      const refuse = (field: string, message: string) =>
        context.addIssue({ code: "custom", path: [field], message, params: reason });
      if (service !== "" && !servicePattern.test(service)) {
        refuse("service", 'expected the name of a gRPC service, such as "shop.v1.Cart"');
      }
      if (method !== "" && !methodPattern.test(method)) {
        refuse("method", "expected the name of a gRPC method");
      }
    }),
);

export type MethodValue = z.infer<typeof methodSchema>;

const anyPart = "[^/]+";

/** The paths of the methods. */
export function methodPath({ type, service = "", method = "" }: MethodValue): PathMatch {
  if (type === "RegularExpression") {
    const part = (pattern: string) => (pattern === "" ? anyPart : `(?:${pattern})`);
    return { kind: "regex", value: `/${part(service)}/${part(method)}` };
  }
  // A name may be written as fully qualified, with a dot in front that no path has.
  const path = `/${service.replace(/^\./, "")}`;
  if (service === "") return { kind: "regex", value: `/${anyPart}/${method}` };
  if (method === "") return { kind: "prefix", value: path };
  return { kind: "exact", value: `${path}/${method}` };
}

/** The expressions as they were written, then that of the path. */
export function methodRegexes(value: MethodValue, at: readonly PropertyKey[]): readonly Regex[] {
  const path = methodPath(value);
  if (path.kind !== "regex") return [];
  const parts = (["service", "method"] as const).flatMap((field) => {
    const part = value[field] ?? "";
    const isRegex = value.type === "RegularExpression" && part !== "";
    return isRegex ? [{ at: [...at, field], value: part }] : [];
  });
  return [...parts, { at, value: path.value, parts: parts.length }];
}
