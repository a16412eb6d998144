/**
 * `GET /v1/health/<service>`: what serin's own probes, which are for gRPC clients, say of each instance. It is
 * the same on all replicas.
 */
import { addressText, versionLabel } from "../model/instance.ts";
import { isName } from "../model/names.ts";
import type { Sickness } from "../model/service.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import type { HealthView } from "./sources.ts";

export interface HealthJson {
  readonly service: string;
  /** Why its instances are not probed now; null: they are. */
  readonly notProbed: string | null;
  readonly instances: readonly InstanceHealthJson[];
}

export interface InstanceHealthJson {
  readonly id: string;
  readonly address: string;
  readonly version: string;
  /**
   * `sick`: gRPC clients do not get it, unless nobody stands in for all of its version; `back`: it was sick
   * until a moment ago.
   */
  readonly verdict: "well" | "sick" | "back" | "unknown";
  /** When it was found sick. */
  readonly since: string | null;
  /** What came of the probe that decided. */
  readonly reason: string | null;
}

export const healthRoutes: Routes = (app, { sources }) => {
  app.get("/v1/health/:service", (c) => {
    const service = c.req.param("service");
    if (!isName(service)) return problem(400, "bad-request", "not a name of a service");
    const view = sources.health(service);
    if (view === undefined) return problem(404, "not-found", `no service ${service}`);
    return c.json(healthJson(view));
  });
};

function healthJson({ service, notProbed }: HealthView): HealthJson {
  const ofOthers = notProbed === undefined ? "well" : "unknown";
  return {
    service: service.name,
    notProbed: notProbed ?? null,
    instances: service.instances.map(({ id, address: socket, labels }) => {
      const address = addressText(socket);
      const sickness = service.sick.get(address);
      return {
        ...{ id, address, version: labels.get(versionLabel) ?? "" },
        verdict: sickness === undefined ? ofOthers : verdictOf(sickness),
        since: sickness === undefined ? null : new Date(sickness.sinceMs).toISOString(),
        reason: sickness?.reason ?? null,
      };
    }),
  };
}

const verdictOf = ({ backMs }: Sickness) => (backMs === undefined ? "sick" : "back");
