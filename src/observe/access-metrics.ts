/** What Prometheus reads of who asks the admin API. */
import { Gauge, type Registry } from "prom-client";
import { makers } from "./metric-makers.ts";

export interface AccessMetrics {
  /** `reason`: a word of serin's own. */
  adminRefused(reason: string): void;
  /** Whether the file of tokens is in force as it is now. */
  adminTokensRead(well: boolean): void;
}

export function accessMetrics(registry: Registry): AccessMetrics {
  const { counter } = makers(registry);
  const refused = counter(
    "serin_admin_requests_refused_total",
    "Requests to the admin API from somebody who may not ask.",
    ["reason"],
  );
  let well: boolean | undefined;
  new Gauge({
    name: "serin_admin_tokens_last_reload_successful",
    help: "1 while the file of tokens is in force as it is; absent without one.",
    registers: [registry],
    collect() {
      if (well === undefined) this.remove();
      else this.set(well ? 1 : 0);
    },
  });
  return {
    adminRefused: (reason) => refused.inc({ reason }),
    adminTokensRead(isWell) {
      well = isWell;
    },
  };
}
