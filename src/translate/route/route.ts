/** The rules of a route object as encoded Envoy routes, each with its place in the order. */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { ServiceName } from "../../model/names.ts";
import type { HttpRoute, RouteRule } from "../../model/route.ts";
import { encodeMessage } from "../../proto/encode.ts";
import type { TranslatedService } from "../service.ts";
import { forwardAction, noBackendAction } from "./action.ts";
import { type BackendDiagnostic, resolveBackends } from "./backends.ts";
import { envoyMatch } from "./match.ts";
import type { PlacedMatch } from "./precedence.ts";
import type { ServiceRouting } from "./routing.ts";
import type { EncodedRoute } from "./virtual-host.ts";

/** One match of one rule: Envoy has a route for each. */
export interface TranslatedMatch extends EncodedRoute {
  readonly origin: string;
  readonly placed: Omit<PlacedMatch, "hostnameRank">;
}

export interface TranslatedRoute {
  readonly route: HttpRoute;
  /** What was found of the services that the route names; undefined for one that is not there. */
  readonly found: ReadonlyMap<ServiceName, ServiceRouting | undefined>;
  readonly matches: readonly TranslatedMatch[];
  readonly diagnostics: readonly Diagnostic[];
}

export function translateRoute(
  route: HttpRoute,
  services: ReadonlyMap<ServiceName, TranslatedService>,
): TranslatedRoute {
  const found = new Map(namedServices(route).map((name) => [name, services.get(name)?.routing]));
  const rules = route.rules.map((rule, index) => translateRule(route, rule, index, found));
  return {
    route,
    found,
    matches: rules.flatMap(({ matches }) => matches),
    diagnostics: rules.flatMap(({ diagnostics }) => diagnostics),
  };
}

/** Whether a translation made earlier still holds: nothing that the route looks at changed. */
export function stillHolds(
  { found }: TranslatedRoute,
  services: ReadonlyMap<ServiceName, TranslatedService>,
): boolean {
  for (const [name, routing] of found) if (services.get(name)?.routing !== routing) return false;
  return true;
}

const namedServices = (route: HttpRoute): readonly ServiceName[] =>
  route.rules.flatMap(({ backendRefs }) => backendRefs.map(({ service }) => service));

function translateRule(
  route: HttpRoute,
  rule: RouteRule,
  index: number,
  services: ReadonlyMap<ServiceName, ServiceRouting | undefined>,
): Pick<TranslatedRoute, "matches" | "diagnostics"> {
  const { weights, timeoutMs, diagnostics } = resolveBackends(rule.backendRefs, services);
  const action = weights.length === 0 ? noBackendAction : forwardAction(weights, timeoutMs);
  const clusters = weights.map(({ cluster }) => cluster);
  const matches = rule.matches.map((match, i): TranslatedMatch => {
    const name = `${route.name}/${index}/${i}`;
    return {
      origin: route.origin,
      placed: { route, rule: index, index: i, match },
      bytes: encodeMessage("envoy.config.route.v3.Route", {
        name,
        match: envoyMatch(match),
        ...action,
      }),
      clusters,
    };
  });
  return { matches, diagnostics: diagnostics.map((each) => diagnosticAt(route, index, each)) };
}

function diagnosticAt(route: HttpRoute, rule: number, each: BackendDiagnostic): Diagnostic {
  const path = `rules[${rule}].backendRefs[${each.backendRef}].${each.field}`;
  const { code, message } = each;
  return { severity: "warning", code, key: route.origin, revision: 0n, path, message };
}
