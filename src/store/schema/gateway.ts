/**
 * `gateways/<name>`: which nodes listen where, with the listeners of the Gateway API.
 * https://gateway-api.sigs.k8s.io/reference/spec/#gatewayspec
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { parseIp } from "./address.ts";
import { allowedRoutesCautions, allowedRoutesSchema } from "./allowed-routes.ts";
import { type Caution, cautioned, ignored } from "./cautions.ts";
import { listenerTlsSchema, tlsFault } from "./gateway-tls.ts";
import {
  firstDuplicate,
  full,
  hostname,
  later,
  listOf,
  name,
  port,
  reason,
  stringMap,
  text,
} from "./leaves.ts";

const { gatewayAddresses, listenerServices } = limits.decode;

function checkIp(value: string, context: z.RefinementCtx, path: PropertyKey[] = []): void {
  const ip = parseIp(value);
  if (!ip.ok) context.addIssue({ code: "custom", path, message: ip.error, params: reason });
}

const ipAddress = z
  .string({ error: "an IP address" })
  .superRefine((value, context) => checkIp(value, context));

const services = z
  .union([z.enum(["All", "None"]), listOf(name, listenerServices, "services")], {
    error: '"All", "None" or a list of names',
  })
  .describe("Which answer at their own names where no route does; default All.");

const routeDelivery = z
  .enum(["Whole", "Scoped"])
  .describe("Scoped: a change costs one host and not all; exact hosts only. Default Whole.");

const listener = z
  .object({
    name,
    port,
    protocol: z.enum(["HTTP", "HTTPS", "TLS", "TCP"]).optional().describe("Default HTTP."),
    hostname: hostname.optional().describe("Default: every host."),
    address: ipAddress.optional().describe("Default: that of the gateway."),
    tls: listenerTlsSchema.optional(),
    allowedRoutes: allowedRoutesSchema.optional(),
    services: services.optional(),
    routeDelivery: routeDelivery.optional(),
  })
  .superRefine(({ protocol = "HTTP", tls, hostname: host }, context) => {
    const fault = tlsFault(protocol, tls);
    if (fault !== undefined) {
      const path = ["tls", ...fault.at];
      context.addIssue({ code: "custom", path, message: fault.message, params: full });
    }
    if (protocol === "TCP" && host !== undefined) {
      const message = "connections of TCP name no host";
      context.addIssue({ code: "custom", path: ["hostname"], message, params: full });
    }
  });

type ListenerValue = z.infer<typeof listener>;

const listeners = listOf(listener, limits.decode.listeners, "listeners")
  .min(1, { error: "at least one listener" })
  .superRefine((list, context) => {
    const duplicate = firstDuplicate(list.map((entry) => entry.name));
    if (duplicate === -1) return;
    const message = "names a listener twice";
    context.addIssue({ code: "custom", path: [duplicate, "name"], message, params: full });
  });

const address = z
  .object({
    type: text(253, 1).optional().describe("IPAddress (default); others have no effect."),
    value: text(253).optional(),
  })
  .superRefine(({ type = "IPAddress", value = "" }, context) => {
    if (type === "IPAddress") checkIp(value, context, ["value"]);
  });

// Strict, unlike other objects: a misspelt condition would select every node.
const gatewayFields = z.strictObject({
  nodeSelector: z
    .strictObject({
      id: text(1_024, 1).optional(),
      cluster: text(1_024, 1).optional(),
      metadata: stringMap.optional().describe("Top-level strings of the node's metadata."),
    })
    .optional()
    .describe("Every given part must match; none given: every node."),
  listeners,
  addresses: listOf(address, gatewayAddresses, "addresses")
    .optional()
    .describe('The first is that of listeners without one; default "0.0.0.0".'),
  gatewayClassName: text(253).optional().describe("Has no effect: serin is the only class."),
  infrastructure: later("Infrastructure"),
  allowedListeners: later("Listeners of other objects"),
  defaultScope: later("Whether routes without a gateway attach, which here all do"),
});

/** The first IP address, and where in the list it stands. */
export function gatewayAddress({
  addresses = [],
}: GatewayValue): { readonly at: number; readonly host: string } | undefined {
  const at = addresses.findIndex(({ type = "IPAddress" }) => type === "IPAddress");
  const host = addresses[at]?.value;
  return host === undefined ? undefined : { at, host };
}

function listenerCautions(value: ListenerValue): Caution[] {
  const { protocol = "HTTP", tls, allowedRoutes, routeDelivery: delivery } = value;
  const cautions: Caution[] = allowedRoutesCautions(allowedRoutes ?? {}, protocol).map(
    (caution) => ({
      ...caution,
      path: ["allowedRoutes", ...caution.path],
    }),
  );
  if (tls?.mode === "Passthrough" && (tls.certificateRefs ?? []).length > 0) {
    const message = "TLS that is passed through needs no certificate: these have no effect";
    cautions.push(ignored(["tls", "certificateRefs"], message));
  }
  if (delivery === "Scoped" && !protocol.startsWith("HTTP")) {
    const message = `a listener of ${protocol} has no routes of HTTP: this has no effect`;
    cautions.push(ignored(["routeDelivery"], message));
  }
  return cautions;
}

function gatewayCautions(value: GatewayValue): readonly Caution[] {
  const used = gatewayAddress(value)?.at;
  const unused = (value.addresses ?? []).findIndex((_, index) => index !== used);
  const message = "only the first IP address is used: this one has no effect";
  return [
    ...(unused === -1 ? [] : [ignored(["addresses", unused], message)]),
    ...value.listeners.flatMap((each, index) =>
      listenerCautions(each).map((caution) => ({
        ...caution,
        path: ["listeners", index, ...caution.path],
      })),
    ),
  ];
}

export type GatewayValue = z.infer<typeof gatewayFields>;

export const gatewaySchema = cautioned(
  gatewayFields.describe("Which nodes listen where."),
  gatewayCautions,
);
