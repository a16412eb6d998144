/**
 * Whatever request the imported objects take, the other system takes as well, to the same services; or a finding
 * names the route and says what is wider here.
 */
import fc from "fast-check";
import { importApisix } from "../../../src/import/apisix/apisix.ts";
import { importHttpRoutes } from "../../../src/import/httproute/http-route.ts";
import type { ImportFinding } from "../../../src/import/report.ts";
import { importTraefik } from "../../../src/import/traefik/traefik.ts";
import { apisixSpecs, apisixWorld } from "./apisix-routes.ts";
import { anAsked } from "./asked.ts";
import { httpRouteSpecs, httpRouteWorld } from "./http-routes.ts";
import { ourRoutes } from "./our-routes.ts";
import type { Asked, Importers, Miss, TheirRoute, TheirWorld } from "./their-routes.ts";
import { routerSpecs, traefikWorld } from "./traefik-routers.ts";

export const importers: Importers = { importApisix, importHttpRoutes, importTraefik };

export type System = "httproute" | "traefik" | "apisix";

const asked = fc.array(anAsked, { minLength: 8, maxLength: 8 });

export interface Plays {
  readonly runs: number;
  readonly seed: number;
  readonly shrinks?: boolean;
}

/** How often something was held against the other system: a property of nothing proves nothing. */
export interface Seen {
  taken: number;
  excused: number;
}

/** Throws where an import opens what was shut. */
export function checkImport(system: System, imports: Importers, plays: Plays): Seen {
  const seen: Seen = { taken: 0, excused: 0 };
  const { runs, seed, shrinks = true } = plays;
  const options = { numRuns: runs, seed, ...(!shrinks && { endOnFailure: true }) };
  const check = (world: TheirWorld, requests: readonly Asked[]) =>
    checkWorld(world, requests, imports, seen);
  switch (system) {
    case "httproute":
      fc.assert(
        fc.property(httpRouteSpecs, asked, (specs, all) => check(httpRouteWorld(specs), all)),
        options,
      );
      break;
    case "traefik":
      fc.assert(
        fc.property(routerSpecs, asked, (specs, all) => check(traefikWorld(specs), all)),
        options,
      );
      break;
    case "apisix":
      fc.assert(
        fc.property(apisixSpecs, asked, (specs, all) => check(apisixWorld(specs), all)),
        options,
      );
      break;
  }
  return seen;
}

function checkWorld(
  world: TheirWorld,
  requests: readonly Asked[],
  imports: Importers,
  seen: Seen,
): void {
  const { objects, findings } = world.imported(imports);
  const ours = ourRoutes(objects);
  for (const request of requests) {
    const services = ours(request);
    if (services.length === 0) continue;
    seen.taken += 1;
    const problem = problemOf(world, request, services, findings, seen);
    if (problem === undefined) continue;
    const shown = { request, services, findings, objects };
    throw new Error(`${problem}: ${JSON.stringify(shown, null, 1)}`);
  }
}

function problemOf(
  { routes, namesakes }: TheirWorld,
  request: Asked,
  services: readonly string[],
  findings: readonly ImportFinding[],
  seen: Seen,
): string | undefined {
  const reached = services.flatMap(namesakes);
  const names = reached.length > services.length;
  if (names && !reached.every((name) => findings.some(({ message }) => message.includes(name)))) {
    return "services of one name are one, untold";
  }
  const open = routes.filter(({ isGuarded }) => !isGuarded);
  const leading = open.filter((route) => {
    const isLeftOut = findings.some(
      ({ source, message }) => source === route.source && splitLeftOut.test(message),
    );
    const there = [...route.backends(request), ...(isLeftOut ? route.elsewhere : [])];
    return services.every((service) => namesakes(service).some((name) => there.includes(name)));
  });
  if (!leading.some((route) => isAccepted(route, request, findings, seen))) {
    return "no route of theirs takes it there";
  }
  // What stood before a guarded route may come to a wider one: at least that it is left out is told.
  const shut = routes.filter((route) => route.isGuarded && fits(route, request));
  const untold = shut.find(({ source }) => !findings.some((each) => each.source === source));
  return untold && `${untold.source} kept it out, untold`;
}

const fits = (route: TheirRoute, request: Asked): boolean =>
  route.missed(request).some((misses) => misses.length === 0);

function isAccepted(
  route: TheirRoute,
  request: Asked,
  findings: readonly ImportFinding[],
  seen: Seen,
): boolean {
  if (fits(route, request)) return true;
  const own = findings.filter(({ source }) => source === route.source);
  const isTold = (miss: Miss): boolean => own.some(({ message }) => told[miss]?.test(message));
  const isExcused = route.missed(request).some((misses) => misses.every(isTold));
  if (isExcused) seen.excused += 1;
  return isExcused;
}

const splitLeftOut = /left out$/;

/** What may be wider, where a finding of the route says so. */
const told: Partial<Readonly<Record<Miss, RegExp>>> = {
  path: /\bitself\b/,
  host: /every name below/,
};
