/** The rules of a route object, match by match, each with its place in the order. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { Lane } from "../../model/lane.ts";
import type { ServiceName } from "../../model/names.ts";
import type { HttpRoute } from "../../model/route.ts";
import { sameElements } from "../equal.ts";
import { releasesOf } from "../release/rule-releases.ts";
import type { TranslatedService } from "../service.ts";
import type { BackendDiagnostic, FoundServices } from "./backends.ts";
import type { PlannedMatch } from "./encoded-match.ts";
import { planRule } from "./plan-rule.ts";
import type { PlacedMatch } from "./precedence.ts";

/** One match of one rule. */
export interface TranslatedMatch extends PlannedMatch {
  readonly origin: string;
  readonly placed: Omit<PlacedMatch, "hostnameRank" | "route"> & { readonly route: HttpRoute };
}

export interface TranslatedRoute {
  readonly route: HttpRoute;
  readonly lanes: readonly Lane[];
  readonly found: FoundServices;
  readonly matches: readonly TranslatedMatch[];
  readonly diagnostics: readonly Diagnostic[];
}

export type TranslatedServicesByName = ReadonlyMap<ServiceName, TranslatedService>;

/** `lanes`: all there are, in order. `routesMax`: see `releasesOf`, and `planRule`. */
export function translateRoute(
  route: HttpRoute,
  services: TranslatedServicesByName,
  lanes: readonly Lane[],
  routesMax: number,
): TranslatedRoute {
  const found = new Map(namedServices(route).map((name) => [name, services.get(name)?.routing]));
  const diagnostics: Diagnostic[] = [];
  // A weight of what is mirrored to makes all of them anew.
  let room = routesMax;
  const matches = route.rules.flatMap((rule, index) => {
    const planned = planRule(route, rule, index, found, room);
    room -= planned.mirrorRoutes;
    const { releases, diagnostics: doubts } = releasesOf(rule, found, routesMax);
    const told = [...planned.diagnostics, ...doubts];
    diagnostics.push(...told.map((each) => diagnosticAt(route, index, each)));
    return planned.matches.map(
      ({ match, plans }, i): TranslatedMatch => ({
        origin: route.origin,
        placed: { route, rule: index, index: i, match },
        plans,
        lanes,
        found,
        releases,
      }),
    );
  });
  return { route, lanes, found, matches, diagnostics };
}

/** Whether a translation made earlier still holds: nothing that the route looks at changed. */
export function stillHolds(
  { found, lanes }: TranslatedRoute,
  services: TranslatedServicesByName,
  allLanes: readonly Lane[],
): boolean {
  if (!sameElements(lanes, allLanes)) return false;
  for (const [name, routing] of found) if (services.get(name)?.routing !== routing) return false;
  return true;
}

const namedServices = (route: HttpRoute): readonly ServiceName[] =>
  route.rules.flatMap(({ backendRefs, filters }) =>
    [...backendRefs, ...filters.mirrors].map(({ service }) => service),
  );

function diagnosticAt(route: HttpRoute, rule: number, each: BackendDiagnostic): Diagnostic {
  const { code, message, path } = each;
  return {
    severity: "warning",
    code,
    key: route.origin,
    revision: 0n,
    path: path === "" ? `rules[${rule}]` : `rules[${rule}].${path}`,
    message,
  };
}
