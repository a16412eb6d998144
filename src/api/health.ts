/** What serin's own probes, which are for gRPC clients, say of each instance: the same on all replicas. */
import { z } from "zod";
import { isoTime, type Json, serviceParams } from "./json.ts";
import { operation } from "./operation.ts";

const instanceHealth = z
  .object({
    id: z.string(),
    address: z.string(),
    version: z.string(),
    verdict: z
      .enum(["well", "sick", "back", "unknown"])
      .describe(
        "sick: gRPC clients do not get it, unless nobody stands in for all of its version. back: it " +
          "was sick until a moment ago",
      ),
    since: isoTime.nullable().describe("When it was found sick"),
    reason: z.string().nullable().describe("What came of the probe that decided"),
  })
  .meta({ id: "InstanceHealth" });

const health = z
  .object({
    service: z.string(),
    notProbed: z
      .string()
      .nullable()
      .describe("Why its instances are not probed now; null: they are"),
    instances: z.array(instanceHealth),
  })
  .meta({ id: "Health" });

export type HealthJson = Json<typeof health>;

export const getHealth = operation({
  id: "getHealth",
  method: "GET",
  path: "/v1/health/{service}",
  group: "health",
  summary: "What serin's own probes say of a service's instances",
  role: "viewer",
  params: serviceParams,
  answers: { 200: { description: "Each instance", json: health } },
  problems: ["not-found"],
});
