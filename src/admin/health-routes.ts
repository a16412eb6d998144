/**
 * `GET /v1/health/<service>`: what serin's own probes, which are for gRPC clients, say of each instance. It is
 * the same on all replicas.
 */
import { getHealth, type HealthJson } from "../api/health.ts";
import { addressText, versionLabel } from "../model/instance.ts";
import type { Sickness } from "../model/service.ts";
import type { Routes } from "./context.ts";
import { problem } from "./problem.ts";
import { reply, route } from "./route.ts";
import type { HealthView } from "./sources.ts";

export const healthRoutes: Routes = (app, context) => {
  route(app, context, getHealth, ({ params: { service } }) => {
    const view = context.sources.health(service);
    if (view === undefined) return problem(404, "not-found", `no service ${service}`);
    return reply(healthJson(view));
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
