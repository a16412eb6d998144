/**
 * `gateways/<name>`: which nodes listen where, with the listeners of the Gateway API.
 * https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { isIpAddress } from "./address.ts";
import {
  firstDuplicate,
  full,
  hostname,
  later,
  listOf,
  name,
  port,
  stringMap,
  text,
} from "./leaves.ts";

const listener = z.object({
  name,
  port,
  protocol: z.enum(["HTTP"]).optional(),
  hostname: hostname.optional().describe("Default: every host."),
  address: z
    .string({ error: "an IP address" })
    .refine(isIpAddress, { error: "an IP address" })
    .optional()
    .describe('Default: "0.0.0.0".'),
  tls: later("TLS of the listener"),
  allowedRoutes: later("Which routes may attach"),
});

const listeners = listOf(listener, limits.decode.listeners, "listeners")
  .min(1, { error: "at least one listener" })
  .superRefine((list, context) => {
    const duplicate = firstDuplicate(list.map((entry) => entry.name));
    if (duplicate === -1) return;
    const message = "names a listener twice";
    context.addIssue({ code: "custom", path: [duplicate, "name"], message, params: full });
  });

// Strict, unlike other objects: a misspelt condition would select every node.
export const gatewaySchema = z
  .strictObject({
    nodeSelector: z
      .strictObject({
        id: text(1_024, 1).optional(),
        cluster: text(1_024, 1).optional(),
        metadata: stringMap.optional().describe("Top-level strings of the node's metadata."),
      })
      .optional()
      .describe("Every given part must match; none given: every node."),
    listeners,
    gatewayClassName: later("Class of the gateway"),
    addresses: later("Addresses of the gateway: give each listener its address"),
    infrastructure: later("Infrastructure"),
  })
  .describe("Which nodes listen where.");

export type GatewayValue = z.infer<typeof gatewaySchema>;
