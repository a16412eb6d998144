/** `snapshots/<node id>`: all that one node gets, in place of everything else. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full, listOf, text } from "./leaves.ts";
import { encodedAny, resourceTypeUrl, ttl, typePrefix } from "./resource.ts";

const version = text(1_024, 1);

const element = z.strictObject({
  type: text(1_024, 1)
    .optional()
    .describe("`cds`, `clusters`, a message name or a type URL; default: the resource's `@type`."),
  name: text(limits.xds.nameBytes, 1).optional().describe("Default: that of the resource."),
  version: version.optional().describe("Default: that of `versions`, else the content's hash."),
  ttl: ttl
    .optional()
    .describe("The node drops it after this long without serin; default: it keeps it."),
  resource: z.record(z.string(), z.unknown()).optional().describe("Proto JSON."),
  any: encodedAny.optional().describe("An encoded google.protobuf.Any, instead of `resource`."),
});

export type SnapshotElement = z.infer<typeof element>;

/** Type URL of a short name, a message name or a type URL; undefined where it is none of them. */
export const snapshotTypeUrl = (type: string): string | undefined =>
  resourceTypeUrl(type.startsWith(typePrefix) ? type.slice(typePrefix.length) : type);

/** What the resource says of its own type. */
const ownType = ({ resource }: SnapshotElement): unknown => resource?.["@type"];

export function elementTypeUrl(one: SnapshotElement): string | undefined {
  const type = one.type ?? ownType(one);
  return typeof type === "string" ? snapshotTypeUrl(type) : undefined;
}

/** The name given, or the one that the resource gives. */
export function elementName({ name, resource }: SnapshotElement): unknown {
  return name ?? ownName(resource);
}

function ownName(resource: SnapshotElement["resource"]): unknown {
  const field = ["name", "clusterName", "cluster_name"].find(
    (each) => resource !== undefined && Object.hasOwn(resource, each),
  );
  return field === undefined ? undefined : resource?.[field];
}

const unknownType =
  "expected a type such as cds, or a message name such as envoy.config.cluster.v3.Cluster";

function elementProblem(one: SnapshotElement): readonly [string, string] | undefined {
  if ((one.resource === undefined) === (one.any === undefined)) {
    return ["resource", "expected either resource or any"];
  }
  const typeUrl = elementTypeUrl(one);
  if (typeUrl === undefined) return ["type", unknownType];
  const own = ownType(one);
  if (own !== undefined && (typeof own !== "string" || snapshotTypeUrl(own) !== typeUrl)) {
    return ["type", "disagrees with the @type of the resource"];
  }
  const inner = ownName(one.resource);
  if (one.name !== undefined && inner !== undefined && inner !== one.name) {
    return ["name", "disagrees with the name in the resource"];
  }
  return undefined;
}

const resources = listOf(element, limits.decode.snapshotResources, "resources").superRefine(
  (list, context) => {
    const seen = new Set<string>();
    const refuse = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message, params: full });
    for (const [index, one] of list.entries()) {
      const fault = elementProblem(one);
      if (fault !== undefined) refuse([index, fault[0]], fault[1]);
      const name = elementName(one);
      if (name === undefined || fault !== undefined) continue;
      const key = JSON.stringify([elementTypeUrl(one), name]);
      if (seen.has(key)) refuse([index], "names a resource of its type twice");
      seen.add(key);
    }
  },
);

const versions = z.record(text(1_024, 1), version).superRefine((byType, context) => {
  const seen = new Set<string>();
  const refuse = (type: string, message: string) =>
    context.addIssue({ code: "custom", path: [type], message, params: full });
  for (const type of Object.keys(byType)) {
    const typeUrl = snapshotTypeUrl(type);
    if (typeUrl === undefined) refuse(type, unknownType);
    else if (seen.has(typeUrl)) refuse(type, "gives a type its version twice");
    else seen.add(typeUrl);
  }
});

// Strict: the node gets this and nothing else, so what is left out is missing there.
export const nodeSnapshotSchema = z
  .strictObject({
    resources,
    versions: versions
      .optional()
      .describe("By type, as in `resources[].type`: `cds: v1`. Default: the content's hash."),
  })
  .describe("All that one node gets, in place of everything else.");

export type NodeSnapshotValue = z.infer<typeof nodeSnapshotSchema>;
