/** `endpoints/<service>/<id>`: one instance. */
import { z } from "zod";
import { isName } from "../../model/names.ts";
import { parseAddress } from "./address.ts";
import { full, integer, reason, stringMap, text } from "./leaves.ts";

const address = z
  .string()
  .superRefine((value, context) => {
    const parsed = parseAddress(value);
    if (!parsed.ok) context.addIssue({ code: "custom", message: parsed.error, params: reason });
  })
  .describe('"ip:port" or "[ipv6]:port".');

const versionError = "a version in the form of a name: letters, digits, '-', '_' and '.'";

/** A version names a subset and a cluster; empty is none, as some registries write it. */
const version = z
  .string({ error: versionError })
  .refine((value) => value === "" || isName(value), { error: versionError })
  .describe("Label `version`; by default the name of the instance's subset.");

export const endpointSchema = z
  .object({
    address,
    version: version.optional(),
    weight: integer(0, 1_000_000)
      .optional()
      .describe("Share among the instances, not a percentage; 0 drains; 100 where none has one."),
    labels: stringMap.optional(),
    zone: text(253).optional(),
    canary: z
      .boolean()
      .optional()
      .describe("Joins as a canary with 5 % of the traffic, together with all such instances."),
  })
  .superRefine((endpoint, context) => {
    const label = endpoint.labels?.["version"];
    if (label === undefined) return;
    if (label !== "" && !isName(label)) {
      context.addIssue({
        code: "custom",
        path: ["labels", "version"],
        message: `expected ${versionError}`,
        params: full,
      });
    } else if (endpoint.version !== undefined && endpoint.version !== label) {
      context.addIssue({
        code: "custom",
        path: ["labels", "version"],
        message: "disagrees with the field version; give one of them",
        params: full,
      });
    }
  })
  .describe("One running instance of a service.");

export type EndpointValue = z.infer<typeof endpointSchema>;
