import { z } from "zod";
import { analysisTemplateSchema } from "./analysis.ts";
import { endpointSchema } from "./endpoint.ts";
import { gatewaySchema } from "./gateway.ts";
import { grpcRouteSchema } from "./grpc-route.ts";
import { laneSchema } from "./lane.ts";
import { nodeSnapshotSchema } from "./node-snapshot.ts";
import { resourceSchema } from "./resource.ts";
import { rolloutSchema } from "./rollout.ts";
import { routeSchema } from "./route.ts";
import { secretSchema } from "./secret.ts";
import { serviceSchema } from "./service.ts";
import { tcpRouteSchema, tlsRouteSchema } from "./stream-route.ts";
import { weightsSchema } from "./weights.ts";

/** By the first part of their keys. */
export const kindSchemas = {
  services: serviceSchema,
  endpoints: endpointSchema,
  weights: weightsSchema,
  routes: routeSchema,
  grpcroutes: grpcRouteSchema,
  tcproutes: tcpRouteSchema,
  tlsroutes: tlsRouteSchema,
  gateways: gatewaySchema,
  lanes: laneSchema,
  rollouts: rolloutSchema,
  analysistemplates: analysisTemplateSchema,
  secrets: secretSchema,
  snapshots: nodeSnapshotSchema,
  resources: resourceSchema,
};

/**
 * JSON Schemas (draft 2020-12) of the objects in the store, by the first part of their keys, for
 * editors, documentation and the API. Rules between fields are checked by decode alone.
 */
export const objectSchemas = (): Readonly<Record<string, object>> =>
  Object.fromEntries(
    Object.entries(kindSchemas).map(([kind, schema]) => [
      kind,
      z.toJSONSchema(schema, { io: "input" }),
    ]),
  );
