import type { StreamRoute } from "../../model/route.ts";
import type { TcpRouteValue, TlsRouteValue } from "../schema/stream-route.ts";
import { toParentRefs } from "./parent-refs.ts";
import { toBackendRefs, toHostnames } from "./rule-content.ts";

/** A checked TCPRoute or TLSRoute spec → the route of the model. */
export const toStreamRoute = (
  value: TcpRouteValue | TlsRouteValue,
  kind: StreamRoute["kind"],
  name: string,
  origin: string,
  createRevision: bigint,
): StreamRoute => ({
  kind,
  name,
  hostnames: toHostnames("hostnames" in value ? value.hostnames : undefined),
  parentRefs: toParentRefs(value.parentRefs),
  backendRefs: toBackendRefs(value.rules[0]?.backendRefs),
  origin,
  createRevision,
});
