/** Which method a path names, and who serves its calls. */
import { reasons } from "../end-reason.ts";
import type { Hub } from "../hub.ts";
import { type XdsService, xdsServices } from "../server-services.ts";
import type { Variant } from "../stream-state.ts";
import type { GrpcCall } from "./call.ts";
import { type Health, healthService } from "./health.ts";

export interface Method {
  /** Its streams count as those of the hub. */
  readonly isXds: boolean;
  serve(call: GrpcCall): void;
}

/** By path: `/package.Service/Method`. */
export type Methods = ReadonlyMap<string, Method>;

export function methodsOver(hub: Hub, health: Health): Methods {
  const methods = new Map<string, Method>([
    [`/${healthService}/Check`, { isXds: false, serve: (call) => health.check(call) }],
    [`/${healthService}/Watch`, { isXds: false, serve: (call) => health.watch(call) }],
  ]);
  for (const { name: service, methods: named, onlyType } of xdsServices) {
    for (const { name, variant } of named) {
      methods.set(`/${service}/${name}`, {
        isXds: true,
        serve: (call) => serve(hub, call, variant, onlyType),
      });
    }
  }
  return methods;
}

function serve(hub: Hub, call: GrpcCall, variant: Variant, onlyType: XdsService["onlyType"]): void {
  const stream = hub.open(call, { variant, onlyType });
  if (stream === undefined) return;
  call.begin({
    message: (bytes) => stream.receive(bytes),
    halfClosed: () => stream.end(reasons.clientEnded),
    drained: () => stream.drained(),
    stop: (reason) => stream.end(reason),
    closed: () => stream.closed(reasons.cancelled),
  });
}
