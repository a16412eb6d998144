/** Keys and values of objects, as the API takes them: what the store's schemas say of them. */
import { z } from "zod";
import { name } from "../store/schema/leaves.ts";
import { kindSchemas } from "../store/schema/object-schemas.ts";
import type { RoleByParams } from "./operation.ts";

const longForm = z
  .looseObject({
    apiVersion: z.string(),
    kind: z.string(),
    metadata: z.looseObject({ name: z.string().optional() }).optional(),
    spec: z.unknown(),
  })
  .meta({ id: "LongForm", description: "As Kubernetes has it; it must agree with the key" });

const shortForm = (kind: string, schema: z.ZodType) => schema.meta({ id: `objects.${kind}` });

/** Looser than what is written: `[redacted]` may stand anywhere. */
export const shownObject = z.unknown().meta({
  id: "ShownObject",
  description: "As it was written, with `[redacted]` in place of secrets",
});

/** The whole of it; decode says what is wrong with a key, and where. */
export const keyParams = z.object({ key: z.string() });

/** Names of the parts of a key behind its first; one name where nothing is said. */
const partsOf: Readonly<Partial<Record<string, Readonly<Record<string, z.ZodType>>>>> = {
  weights: { service: name },
  rollouts: { service: name },
  endpoints: { service: name, id: z.string().min(1).max(253) },
  snapshots: { node: z.string().min(1).max(253) },
  resources: {
    gateway: z.union([name, z.literal("*")]),
    type: z.string().describe("A short name such as CDS, or the full name of a message"),
    name: z.string().min(1).describe("May hold slashes, as %2F"),
  },
};

/** A path of its own for each kind: what the OpenAPI document has in place of `/v1/objects/{key}`. */
export const kinds = Object.entries(kindSchemas).map(([kind, schema]) => {
  const parts = partsOf[kind] ?? { name };
  const inPath = Object.keys(parts).map((part) => `{${part}}`);
  return {
    kind,
    path: `/v1/objects/${kind}/${inPath.join("/")}` as const,
    params: z.object(parts),
    value: z.union([shortForm(kind, schema), longForm]),
  };
});

const movesTraffic = /^(?:weights|rollouts)\//;

/** An operator moves traffic; what else there is to write is an admin's. */
export const roleOfKey: RoleByParams = {
  of: ({ key = "" }) => (movesTraffic.test(key) ? "operator" : "admin"),
};
