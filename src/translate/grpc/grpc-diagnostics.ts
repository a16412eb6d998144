/**
 * What gRPC clients without a proxy cannot do of what they are asked. Of HTTP services nothing is
 * said: hardly anybody calls them by gRPC.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { ServiceName } from "../../model/names.ts";
import type { Service } from "../../model/service.ts";
import { grpcCompatible } from "../cluster/grpc-compatible.ts";
import type { TranslatedRoute } from "../route/route.ts";
import type { TranslatedService } from "../service.ts";
import type { AttachedRoutes } from "./attached.ts";
import { grpcPlans } from "./grpc-plans.ts";
import { unsupported } from "./grpc-route.ts";

/** Of the settings of a service, whichever routes it has. */
export function grpcProblems({ name, settings }: Service): readonly Diagnostic[] {
  if (settings.appProtocol !== "http2") return [];
  const { problems } = grpcCompatible(settings);
  const isUnprobed = settings.tls !== undefined && settings.healthCheck !== undefined;
  const unprobed = "serin does not probe over tls: gRPC clients get sick instances as well";
  const all = isUnprobed ? [...problems, unprobed] : problems;
  return all.map((message) => warning(`services/${name}`, message));
}

const told = new WeakMap<TranslatedRoute, readonly Diagnostic[]>();

/** One for each route object that leaves something out. */
export function grpcRouteProblems(
  attached: AttachedRoutes,
  services: ReadonlyMap<ServiceName, TranslatedService>,
): readonly Diagnostic[] {
  const reached = new Set<TranslatedRoute>();
  for (const [name, routes] of attached) {
    if (services.get(name)?.service.settings.appProtocol !== "http2") continue;
    for (const route of routes) reached.add(route);
  }
  return [...reached].flatMap(problemsOf);
}

function problemsOf(translated: TranslatedRoute): readonly Diagnostic[] {
  const known = told.get(translated);
  if (known !== undefined) return known;
  const byRule = new Map<number, Set<string>>();
  for (const match of translated.matches) {
    const { rule } = match.placed;
    const problems = byRule.get(rule) ?? new Set<string>();
    byRule.set(rule, problems);
    for (const plan of grpcPlans(match)) for (const each of unsupported(plan)) problems.add(each);
  }
  const parts = [...byRule]
    .filter(([, problems]) => problems.size > 0)
    .map(([rule, problems]) => `rules[${rule}]: ${[...problems].join(", ")}`);
  const message = `for gRPC clients without a proxy, in ${parts.join("; ")}`;
  const made = parts.length === 0 ? [] : [warning(translated.route.origin, message)];
  told.set(translated, made);
  return made;
}

const warning = (key: string, message: string): Diagnostic => ({
  severity: "warning",
  code: "GRPC_UNSUPPORTED",
  key,
  revision: 0n,
  path: "",
  message,
});
