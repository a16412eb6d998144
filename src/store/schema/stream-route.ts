/**
 * `tcproutes/<name>` and `tlsroutes/<name>`: the TCPRoute and TLSRoute specs of the Gateway API,
 * with `backendRefs[].subset`. https://gateway-api.sigs.k8s.io/reference/spec/#tcproutespec
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { backendRefShape } from "./backend-ref.ts";
import { cautioned } from "./cautions.ts";
import { full, listOf, name } from "./leaves.ts";
import { commonRouteShape } from "./parent-ref.ts";
import { hostnamesSchema } from "./route.ts";
import { routeCautions } from "./route-cautions.ts";

const rule = z.object({
  name: name.optional().describe("For display."),
  backendRefs: listOf(z.object(backendRefShape), limits.decode.backendRefs, "backends").min(1, {
    error: "at least one backend",
  }),
});

const rules = z
  .array(rule)
  .min(1, { error: "one rule" })
  .superRefine((list, context) => {
    if (list.length <= 1) return;
    const message = "a second rule would never match, as the first one takes every connection";
    context.addIssue({ code: "custom", path: [1], message, params: full });
  });

const failure = "closed";

export const tcpRouteSchema = cautioned(
  z
    .object({ ...commonRouteShape, rules })
    .describe("Where connections go, as in the TCPRoute of the Gateway API."),
  (route) => routeCautions(route, failure),
);

export const tlsRouteSchema = cautioned(
  z
    .object({ hostnames: hostnamesSchema, ...commonRouteShape, rules })
    .describe(
      "Where TLS connections go by the name in their handshake, as in the TLSRoute of the Gateway API.",
    ),
  (route) => routeCautions(route, failure),
);

export type TcpRouteValue = z.infer<typeof tcpRouteSchema>;
export type TlsRouteValue = z.infer<typeof tlsRouteSchema>;
