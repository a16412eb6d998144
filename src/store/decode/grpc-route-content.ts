/** A checked GRPCRoute spec → the route of the model. */
import { everyRequest, type HttpRoute, type RouteMatch } from "../../model/route.ts";
import { methodPath } from "../schema/grpc-method.ts";
import {
  type GrpcMatchValue,
  type GrpcRouteValue,
  isWholeGrpcMatch,
} from "../schema/grpc-route.ts";
import { lowerCase, toNamedMatches, toRules } from "./rule-content.ts";

export const toGrpcRoute = (
  value: GrpcRouteValue,
  name: string,
  origin: string,
  createRevision: bigint,
): HttpRoute => ({
  kind: "grpc",
  name,
  ...toRules(value, (match) => (isWholeGrpcMatch(match) ? toMatch(match) : undefined)),
  origin,
  createRevision,
});

const toMatch = ({ method, headers }: GrpcMatchValue): RouteMatch => ({
  ...everyRequest,
  path: method === undefined ? everyRequest.path : methodPath(method),
  headers: toNamedMatches(headers, lowerCase),
});
