/** What people see of a service at a glance. */
import { z } from "zod";
import { limits } from "../config/limits.ts";
import { count, type Json, serviceParams } from "./json.ts";
import { operation } from "./operation.ts";
import { nextLink, pageQuery } from "./page.ts";
import { release, seenState } from "./rollouts.ts";

export const versionFigures = z
  .object({
    version: z.string(),
    requestsPerSecond: z.number().min(0),
    errorsPerSecond: z.number().min(0),
    errorRatio: z.number().min(0).max(1).nullable().describe("null: there were no requests"),
    latencyMs: z.object({ p50: z.number(), p99: z.number() }).nullable().describe("null: unknown"),
    inProgress: count,
    ageMs: z
      .number()
      .nullable()
      .describe(
        "Since the proxy was heard that has been silent for longest; null: nobody has reported requests",
      ),
  })
  .meta({
    id: "VersionFigures",
    description: "Over the last step, as the proxies of the replica that answers reported them",
  });

export type VersionFigures = Json<typeof versionFigures>;

const split = z
  .object({
    version: z.string(),
    percent: z.number().min(0).max(100).describe("As Envoys get it"),
    weight: z
      .number()
      .nullable()
      .describe("As somebody has set it; null: nobody has. Only the ratio counts"),
    instances: count.describe("Those that get new requests"),
  })
  .meta({ id: "Split" });

export type SplitJson = Json<typeof split>;

const guardWord = z
  .enum(["none", "pass", "hold", "fail", "latched"])
  .describe("The worst that a guard says of any of its versions; none: no guard watches it");

export type GuardWord = Json<typeof guardWord>;

export const serviceSummary = z
  .object({
    service: z.string(),
    split: z.array(split).describe("In the order in which the versions are served"),
    decidedBy: z
      .enum(["weights", "tags", "route", "release"])
      .describe(
        "route: every route that leads to it names its versions, so the weights count at its own name " +
          "alone. release: the weights, which a release under way writes. tags: there are no weights, " +
          "and the instances' own tags decide.",
      ),
    state: seenState,
    release: release.nullable().describe("null: there is none"),
    guard: guardWord,
    alerts: z.object({ waiting: count, lost: count }),
    diagnostics: z.object({ errors: count, warnings: count }).describe("In force, of its own keys"),
    figures: z.array(versionFigures),
  })
  .meta({ id: "ServiceSummary" });

export type ServiceSummary = Json<typeof serviceSummary>;

const instance = z
  .object({
    id: z.string(),
    address: z.string(),
    version: z.string(),
    weight: z.number().describe("Share among the instances, not a percentage"),
    zone: z.string(),
    state: z
      .enum(["serving", "draining", "unhealthy", "unknown"])
      .describe(
        "draining: its weight is 0, and it gets no new requests. unhealthy: serin's probes or all " +
          "proxies find it sick. unknown: proxies find some instance of its version sick, and do not " +
          "say which.",
      ),
  })
  .meta({ id: "Instance" });

export type InstanceJson = Json<typeof instance>;

const service = serviceSummary
  .extend({
    instances: z.array(instance),
    routes: z.array(z.string()).describe("Keys of the routes that name it"),
  })
  .meta({ id: "Service", description: "A service, with its instances and routes" });

const figures = z
  .object({
    stepMs: z.number(),
    points: z
      .array(
        z.object({
          atMs: z.number().describe("By the wall clock"),
          versions: z.array(versionFigures),
        }),
      )
      .describe("Oldest first"),
  })
  .meta({ id: "ServiceFigures" });

export type ServiceFiguresJson = Json<typeof figures>;

/** Of one step. */
export type FigurePoint = ServiceFiguresJson["points"][number];

const group = "services";

export const listServices = operation({
  id: "listServices",
  method: "GET",
  path: "/v1/services",
  group,
  summary: "Every service at a glance, in the order of their names",
  role: "viewer",
  query: z.object({
    prefix: z.string().exactOptional().describe("Only services whose names begin so"),
    ...pageQuery(limits.live.pageServices, "A service: those behind it"),
  }),
  answers: {
    200: { description: "A page", json: z.array(serviceSummary), headers: { link: nextLink } },
  },
  problems: ["store-unavailable"],
});

export const getService = operation({
  id: "getService",
  method: "GET",
  path: "/v1/services/{service}",
  group,
  summary: "A service with its instances",
  role: "viewer",
  params: serviceParams,
  answers: { 200: { description: "The service", json: service } },
  problems: ["not-found", "store-unavailable"],
});

export const getFigures = operation({
  id: "getFigures",
  method: "GET",
  path: "/v1/services/{service}/figures",
  group,
  summary: "A service's requests by version, over the last minutes",
  role: "viewer",
  params: serviceParams,
  answers: { 200: { description: "A point for each step", json: figures } },
  problems: ["not-found", "store-unavailable"],
});
