/** `services/<name>`: optional settings of a service. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import {
  duration,
  firstDuplicate,
  full,
  later,
  listOf,
  name,
  positiveDuration,
  stringMap,
} from "./leaves.ts";

const subset = z.object({
  name,
  labels: stringMap
    .optional()
    .describe("All must be equal; default: the label version is the name."),
  fallback: name
    .optional()
    .describe("Subset that gets the traffic while this one has no endpoint."),
});

const subsets = listOf(subset, limits.decode.subsets, "subsets").superRefine((list, context) => {
  const names = list.map((entry) => entry.name);
  const duplicate = firstDuplicate(names);
  if (duplicate !== -1) {
    context.addIssue({
      code: "custom",
      path: [duplicate, "name"],
      message: "names a subset twice",
      params: full,
    });
  }
  const known = new Set(names);
  for (const [index, { name: own, fallback }] of list.entries()) {
    if (fallback === undefined || (fallback !== own && known.has(fallback))) continue;
    const message =
      fallback === own ? "a subset cannot fall back to itself" : "names no subset of this list";
    context.addIssue({ code: "custom", path: [index, "fallback"], message, params: full });
  }
});

export const serviceSchema = z
  .object({
    appProtocol: z.enum(["http", "http2", "grpc"]).optional().describe("grpc is http2."),
    subsets: subsets.optional().describe("In the order of the weighted clusters."),
    timeouts: z
      .object({
        connect: positiveDuration.optional(),
        request: duration.optional().describe("0s: no timeout."),
      })
      .optional(),
    port: later("Port of the service"),
    healthCheck: later("Active health checks"),
    outlierDetection: later("Ejection of failing instances"),
    lbPolicy: later("Load balancing policy"),
    circuitBreakers: later("Limits on connections and requests"),
    tls: later("TLS towards the instances"),
    sources: later("Registries that own the instances"),
    guard: later("Conditions that take a release back"),
  })
  .describe("Settings of a service.");

export type ServiceValue = z.infer<typeof serviceSchema>;
