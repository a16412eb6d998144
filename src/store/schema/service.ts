/** `services/<name>`: optional settings of a service. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { cautioned } from "./cautions.ts";
import { guardCautions, guardsSchema } from "./guard.ts";
import {
  confined,
  duration,
  firstDuplicate,
  full,
  later,
  listOf,
  name,
  port,
  positiveDuration,
  preciseHostname,
  settableHeader,
  stringMap,
  text,
} from "./leaves.ts";
import { circuitBreakersSchema, lbPolicySchema, localitiesSchema } from "./service-balancing.ts";
import { healthCheckSchema, outlierDetectionSchema } from "./service-health.ts";
import { rateLimitCautions, rateLimitSchema, retrySchema } from "./traffic.ts";

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

const upstreamTls = z
  .object({
    sni: preciseHostname.optional().describe("Name in the handshake; default: none."),
    ca: name
      .optional()
      .describe(
        "Name under secrets/ of the authorities; default: /etc/ssl/certs/ca-certificates.crt on the proxy's machine. Where they are elsewhere, name a secret with `files`.",
      ),
    subjectAltNames: listOf(text(253, 1), limits.decode.subjectAltNames, "names")
      .optional()
      .describe("The certificate must have one of them; default: that of sni."),
    certificate: name
      .optional()
      .describe("Name under secrets/ of the proxies' own certificate (mTLS)."),
  })
  .describe("TLS towards the instances, which is always verified.");

const appProtocol = z.enum(["http", "http2", "grpc", "kubernetes.io/h2c", "kubernetes.io/ws"]);
const http2: ReadonlySet<unknown> = new Set<z.infer<typeof appProtocol>>([
  "http2",
  "grpc",
  "kubernetes.io/h2c",
]);

const settings = z
  .object({
    appProtocol: appProtocol.optional().describe("grpc and kubernetes.io/h2c are http2."),
    subsets: subsets
      .optional()
      .describe(
        "The first is the stable one: who cannot be told apart by a hashSplit gets the first that takes traffic.",
      ),
    timeouts: z
      .object({
        connect: positiveDuration.optional().describe("Default 1s."),
        request: duration.optional().describe("0s: no timeout."),
      })
      .optional(),
    port: port.optional().describe("Has no effect: the instances' own ports are used."),
    healthCheck: healthCheckSchema.optional(),
    outlierDetection: outlierDetectionSchema.optional(),
    lbPolicy: lbPolicySchema.optional().describe("Default RoundRobin."),
    circuitBreakers: circuitBreakersSchema.optional(),
    tls: upstreamTls.optional(),
    retry: retrySchema.optional().describe("For rules of routes that say nothing of it."),
    rateLimit: rateLimitSchema.optional().describe("For rules of routes that say nothing of it."),
    localities: localitiesSchema.optional(),
    servedVersionHeader: z
      .union([z.boolean(), settableHeader], { error: "true, false or a header name" })
      .optional()
      .describe('Response header with the version that answered; true: "x-served-version".'),
    sources: later("Registries that own the instances"),
    guard: confined(
      guardsSchema
        .optional()
        .describe(
          "Take the weight from a version that fails; `[{}]` is a whole one. Default: none.",
        ),
      "without guard no version is watched",
    ),
  })
  .superRefine(({ appProtocol, healthCheck, subsets: listed, guard }, context) => {
    const refuse = (path: readonly PropertyKey[], message: string) =>
      context.addIssue({ code: "custom", path: [...path], message, params: full });
    if (healthCheck?.grpc !== undefined && !http2.has(appProtocol)) {
      refuse(["healthCheck", "grpc"], "a gRPC check needs appProtocol grpc or http2");
    }
    for (const [index, { subset: watched }] of (guard ?? []).entries()) {
      if (watched === undefined || listed === undefined || listed.length === 0) continue;
      if (listed.some((each) => each.name === watched)) continue;
      refuse(["guard", index, "subset"], "names no subset of this service");
    }
  })
  .describe("Settings of a service.");

export const serviceSchema = cautioned(settings, ({ rateLimit, guard }) => [
  ...rateLimitCautions(rateLimit, ["rateLimit"]),
  ...guardCautions(guard, ["guard"]),
]);

export type ServiceValue = z.infer<typeof serviceSchema>;
export type UpstreamTlsValue = z.infer<typeof upstreamTls>;
