/** What came of requests, as the proxies of this server have reported since its start. */
import { z } from "zod";
import { name } from "../store/schema/leaves.ts";
import { count, type Json, milliseconds } from "./json.ts";
import { operation } from "./operation.ts";

/** Requests that have ended, since the start, and those that have not, now. */
const counts = { ok: count, errors: count, inProgress: count };

const endpoint = z
  .object({
    address: z.string(),
    ...counts,
    ageMs: milliseconds.describe("Since requests to it were reported last"),
  })
  .meta({ id: "EndpointLoad" });

export type EndpointJson = Json<typeof endpoint>;

const cluster = z
  .object({
    cluster: z.string().describe("`<service>/<subset>` of what serin makes"),
    ...counts,
    dropped: count.describe("Requests that proxies refused themselves: circuit breakers"),
    reporters: count.describe("Connected proxies that have had requests for it"),
    ageMs: milliseconds
      .nullable()
      .describe("Since the one of these that has been silent for longest was heard"),
    metrics: z
      .record(z.string(), z.object({ count, total: z.number() }))
      .describe("What backends report with their answers (ORCA), by name"),
    latencyMs: z
      .object({ p50: z.number(), p99: z.number() })
      .nullable()
      .describe(
        "Of the requests of the last 30 s; null: there were none, or no proxy tells how long they took",
      ),
    endpoints: z.array(endpoint),
  })
  .meta({ id: "ClusterLoad" });

export type ClusterJson = Json<typeof cluster>;

const load = z
  .object({
    reporters: count.describe("Proxies that have reported and are connected"),
    ageMs: milliseconds
      .nullable()
      .describe("Since the one that has been silent for longest was heard; null: nobody reports"),
    leftOut: count.describe(
      "Clusters, endpoints, figures and histograms without room, since the start",
    ),
    clusters: z.array(cluster),
  })
  .meta({ id: "Load" });

export type LoadJson = Json<typeof load>;

const reporter = z
  .object({
    node: z.string(),
    ageMs: milliseconds.describe("Since it was heard"),
    intervalMs: milliseconds.describe("The time that its last report covered; 0: not said"),
  })
  .meta({ id: "Reporter", description: "A proxy that has reported and is connected" });

export const getLoad = operation({
  id: "getLoad",
  method: "GET",
  path: "/v1/load",
  group: "load",
  summary: "What came of the requests to each cluster and endpoint",
  role: "viewer",
  query: z.object({
    service: name.exactOptional().describe("Only the clusters of this service"),
  }),
  answers: { 200: { description: "Sums since the start of this server", json: load } },
  problems: ["too-large"],
});

export const listReporters = operation({
  id: "listReporters",
  method: "GET",
  path: "/v1/load/reporters",
  group: "load",
  summary: "The proxies that report",
  role: "viewer",
  answers: { 200: { description: "Each of them", json: z.array(reporter) } },
  problems: [],
});
