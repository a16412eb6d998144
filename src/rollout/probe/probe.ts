/** One probe of one instance, as the service's health check says. */
import { limits } from "../../config/limits.ts";
import type { Address } from "../../model/instance.ts";
import type { AppProtocol, HealthCheck } from "../../model/service.ts";
import { clipped } from "../release/words.ts";
import { grpcProbe } from "./grpc-probe.ts";
import { http1Probe, http2Probe } from "./http-probe.ts";
import { tcpProbe } from "./tcp-probe.ts";

export interface ProbeTarget {
  readonly address: Address;
  readonly check: HealthCheck["check"];
  readonly protocol: AppProtocol;
  /** Asked for where the check names none. */
  readonly host: string;
  readonly timeoutMs: number;
}

export type ProbeOutcome =
  | { readonly kind: "well" }
  /** One sentence. `answer`: there was one, and it was not the one that is expected. */
  | { readonly kind: "answer" | "timeout" | "connection"; readonly reason: string };

export type Probe = (target: ProbeTarget, signal: AbortSignal) => Promise<ProbeOutcome>;

/** Never rejects. `signal` gives it up: what comes out then is of no use. */
export const probe: Probe = async (target, signal) => {
  const timeoutMs = Math.min(target.timeoutMs, limits.probes.timeoutMs);
  const overdue = AbortSignal.timeout(timeoutMs);
  try {
    const outcome = await probeOf(target, AbortSignal.any([signal, overdue]));
    return outcome.kind === "well" ? outcome : { ...outcome, reason: shortened(outcome.reason) };
  } catch (error) {
    if (overdue.aborted) return { kind: "timeout", reason: `no answer within ${timeoutMs} ms` };
    return { kind: "connection", reason: shortened(reasonOf(error)) };
  }
};

/** Instances may answer anything. */
const shortened = (reason: string): string => clipped(reason.slice(0, limits.probes.reasonChars));

function probeOf(target: ProbeTarget, signal: AbortSignal): Promise<ProbeOutcome> {
  const { address, check, protocol, host } = target;
  switch (check.kind) {
    case "tcp":
      return tcpProbe(address, signal);
    case "grpc":
      return grpcProbe(address, { serviceName: check.serviceName, authority: host }, signal);
    case "http": {
      const asked = { path: check.path, host: check.host ?? host };
      const call = protocol === "http2" ? http2Probe : http1Probe;
      return call(address, { ...asked, expectedStatuses: check.expectedStatuses }, signal);
    }
  }
}

/** Node's codes are what people search for; its messages repeat the address. */
function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (code === "ECONNREFUSED") return "the connection is refused";
  if (code === "ECONNRESET" || code === "UND_ERR_SOCKET") return "the connection is reset";
  const text = typeof code === "string" ? code : String(message ?? "no reason given");
  return `the connection fails: ${text}`;
}
