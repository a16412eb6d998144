/** Keys and values of objects, as the API takes them: what the store's schemas say of them. */
import { z } from "zod";
import type { RoleByParams } from "./operation.ts";

/** Values are judged by decode, whose diagnostics name fields; a schema here would refuse them first. */
export const objectValue = z.unknown().meta({ id: "Object" });

export const keyParams = z.object({
  key: z.string().describe("Key in the store without its prefix: `weights/web`, `endpoints/web/a`"),
});

const movesTraffic = /^(?:weights|rollouts)\//;

/** An operator moves traffic; what else there is to write is an admin's. */
export const roleOfKey: RoleByParams = {
  of: ({ key = "" }) => (movesTraffic.test(key) ? "operator" : "admin"),
  most: "admin",
  description: "operator for weights/ and rollouts/",
};
