/** How instances of a service are found unhealthy: by probes, and by the answers they give. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { durationWithin, full, integer, listOf, text } from "./leaves.ts";

const { expectedStatuses } = limits.decode;

/** A probe and what counts in a row: more often or longer than this is a mistake of units. */
const interval = durationWithin("10ms", "1h");
const threshold = integer(1, 100);

const probePathError = 'a URL path that starts with "/"';

const httpProbe = z.object({
  path: text(1_024, 1)
    .regex(/^\/[\x21-\x7e]*$/, { error: probePathError })
    .optional()
    .describe('Default "/health".'),
  host: text(255, 1).optional().describe("Host header; default: tls.sni, else the service's name."),
  expectedStatuses: listOf(integer(100, 599), expectedStatuses, "statuses")
    .min(1, { error: "at least one status" })
    .optional()
    .describe("Default 200."),
});

const grpcProbe = z.object({
  serviceName: text(255).optional().describe("Of the request; default: the whole server."),
});

export const healthCheckSchema = z
  .object({
    http: httpProbe.optional().describe("A GET; the default of the three."),
    grpc: grpcProbe
      .optional()
      .describe("grpc.health.v1.Health; only with appProtocol grpc or http2."),
    tcp: z.object({}).optional().describe("Whether a connection can be made."),
    interval: interval.optional().describe("Default 5s."),
    timeout: interval.optional().describe("Default 1s."),
    unhealthyThreshold: threshold
      .optional()
      .describe("Failed probes in a row that take an instance out; default 3."),
    healthyThreshold: threshold.optional().describe("Default 1."),
  })
  .superRefine(({ http, grpc, tcp }, context) => {
    if ([http, grpc, tcp].filter((one) => one !== undefined).length <= 1) return;
    const message = "expected one of http, grpc and tcp";
    context.addIssue({ code: "custom", message, params: full });
  })
  .describe("Probes of every Envoy, and of serin for gRPC clients.");

export const outlierDetectionSchema = z
  .object({
    consecutive5xx: integer(1, 1_000).optional().describe("Answers in a row; default 5."),
    interval: interval.optional().describe("Between looks; default 10s."),
    baseEjectionTime: durationWithin("10ms", "24h")
      .optional()
      .describe("Times the number of ejections so far; default 30s."),
    maxEjectionPercent: integer(0, 100).optional().describe("Of the instances; default 100."),
  })
  .describe("Ejects instances that answer with 5xx.");

export type HealthCheckValue = z.infer<typeof healthCheckSchema>;
export type OutlierDetectionValue = z.infer<typeof outlierDetectionSchema>;
