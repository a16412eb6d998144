import { z } from "zod";
import { endpointSchema } from "./endpoint.ts";
import { gatewaySchema } from "./gateway.ts";
import { resourceSchema } from "./resource.ts";
import { routeSchema } from "./route.ts";
import { serviceSchema } from "./service.ts";
import { weightsSchema } from "./weights.ts";

/**
 * JSON Schemas (draft 2020-12) of the objects in the store, by the first part of their keys, for
 * editors, documentation and the API. Rules between fields are checked by decode alone.
 */
export function objectSchemas(): Readonly<Record<string, object>> {
  return {
    services: z.toJSONSchema(serviceSchema, { io: "input" }),
    endpoints: z.toJSONSchema(endpointSchema, { io: "input" }),
    weights: z.toJSONSchema(weightsSchema, { io: "input" }),
    routes: z.toJSONSchema(routeSchema, { io: "input" }),
    gateways: z.toJSONSchema(gatewaySchema, { io: "input" }),
    resources: z.toJSONSchema(resourceSchema, { io: "input" }),
  };
}
