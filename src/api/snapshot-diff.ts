/** Resources at two revisions of the store. */
import { z } from "zod";
import { type Json, pastRevision, revision } from "./json.ts";
import { operation } from "./operation.ts";
import { resourceChange } from "./plan.ts";

const diff = z
  .object({
    from: revision,
    to: revision,
    resources: z.array(resourceChange),
    bodies: z
      .array(
        z.object({
          place: z.string(),
          type: z.string(),
          name: z.string(),
          diff: z.string().describe("Unified, of the resource as JSON, without what is secret"),
        }),
      )
      .exactOptional()
      .describe("Only where they were asked for"),
  })
  .meta({ id: "SnapshotDiff" });

export type SnapshotDiffJson = Json<typeof diff>;

export const diffSnapshots = operation({
  id: "diffSnapshots",
  method: "GET",
  path: "/v1/snapshot/diff",
  group: "snapshot",
  summary: "What resources are made of the store at one revision, and not at another",
  description:
    "Both are made by the server that answers, of what the store keeps: etcd, until it compacts; " +
    "other stores keep the present alone.",
  role: "viewer",
  query: z.object({
    from: pastRevision,
    to: pastRevision.exactOptional().describe("The one in force, where it is left out"),
    bodies: z.boolean().exactOptional().describe("With the difference of each resource"),
  }),
  answers: { 200: { description: "The difference", json: diff } },
  problems: [
    ...["no-such-revision", "too-large", "too-many-plans"],
    ...["store-unavailable", "store-denied"],
  ] as const,
});
