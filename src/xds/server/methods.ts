/** Which method a path names, and who serves its calls. */
import { type EndReason, reasons } from "../end-reason.ts";
import type { Hub } from "../hub.ts";
import type { LoadStreams } from "../load/load-streams.ts";
import {
  loadMethod,
  loadService,
  statsMethod,
  statsService,
  statusService,
  type XdsService,
  xdsServices,
} from "../server-services.ts";
import type { StatsCalls } from "../stats/stats-calls.ts";
import type { Variant } from "../stream-state.ts";
import type { GrpcCall } from "./call.ts";
import type { Caller, ClientStatus } from "./client-status.ts";
import { type Health, healthService } from "./health.ts";

export interface Method {
  /** Whoever serves it bounds how many of its streams there are. */
  readonly isBounded: boolean;
  serve(call: GrpcCall, caller: Caller): void;
}

/** By path: `/package.Service/Method`. */
export type Methods = ReadonlyMap<string, Method>;

/** `status`: undefined where it is not served. */
export function methodsOver(hub: Hub, health: Health, status: ClientStatus | undefined): Methods {
  const methods = new Map<string, Method>([
    [`/${healthService}/Check`, { isBounded: false, serve: (call) => health.check(call) }],
    [`/${healthService}/Watch`, { isBounded: false, serve: (call) => health.watch(call) }],
  ]);
  for (const { name: service, methods: named, onlyType } of xdsServices) {
    for (const { name, variant } of named) {
      methods.set(`/${service}/${name}`, {
        isBounded: true,
        serve: (call) => serve(hub, call, variant, onlyType),
      });
    }
  }
  const { loads, stats } = hub;
  if (loads !== undefined) {
    const load: Method = { isBounded: true, serve: (call) => serveLoad(loads, call) };
    methods.set(`/${loadService}/${loadMethod}`, load);
  }
  if (stats !== undefined) {
    const method: Method = { isBounded: false, serve: (call) => serveStats(stats, call) };
    methods.set(`/${statsService}/${statsMethod}`, method);
  }
  for (const [name, once] of status === undefined ? [] : statusMethods) {
    const serveStatus: Method["serve"] = (call, caller) => status?.serve(call, caller, once);
    methods.set(`/${statusService}/${name}`, { isBounded: true, serve: serveStatus });
  }
  return methods;
}

const statusMethods = [
  ["StreamClientStatus", false],
  ["FetchClientStatus", true],
] as const;

function serve(hub: Hub, call: GrpcCall, variant: Variant, onlyType: XdsService["onlyType"]): void {
  begin(call, hub.open(call, { variant, onlyType }));
}

const serveLoad = (loads: LoadStreams, call: GrpcCall): void => begin(call, loads.open(call));

function serveStats(stats: StatsCalls, call: GrpcCall): void {
  const one = stats.open(call);
  call.begin({
    message: (bytes) => one.receive(bytes),
    halfClosed: () => one.halfClosed(),
    drained: () => {},
    stop: (reason) => one.stop(reason),
    closed: () => {},
  });
}

/** What streams of all kinds have in common. */
interface Served {
  receive(bytes: Uint8Array): void;
  drained(): void;
  closed(reason: EndReason): void;
  end(reason: EndReason): void;
}

function begin(call: GrpcCall, stream: Served | undefined): void {
  if (stream === undefined) return;
  call.begin({
    message: (bytes) => stream.receive(bytes),
    halfClosed: () => stream.end(reasons.clientEnded),
    drained: () => stream.drained(),
    stop: (reason) => stream.end(reason),
    closed: () => stream.closed(reasons.cancelled),
  });
}
