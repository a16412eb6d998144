/**
 * Releases that have their routes in a rule. Those of several services multiply there, since each request
 * may be of any route of either: three releases of 32 matches would be 35,937 routes for one match.
 */
import type { RouteRule } from "../../model/route.ts";
import type { BackendDiagnostic, FoundServices } from "../route/backends.ts";
import type { ServiceRouting } from "../route/routing.ts";

export interface RuleReleases {
  readonly releases: readonly ServiceRouting[];
  readonly diagnostics: readonly BackendDiagnostic[];
}

/** `most`: routes that one match of the rule may become; who comes first in the rule has room first. */
export function releasesOf(
  { backendRefs }: Pick<RouteRule, "backendRefs">,
  found: FoundServices,
  most: number,
): RuleReleases {
  const releases: ServiceRouting[] = [];
  const diagnostics: BackendDiagnostic[] = [];
  let routes = 1;
  for (const name of new Set(backendRefs.map(({ service }) => service))) {
    const routing = found.get(name);
    if (routing === undefined || routing.managed.length === 0) continue;
    const product = routes * (1 + matchesOf(routing));
    if (product > most) diagnostics.push(leftOut(routing, releases));
    else {
      releases.push(routing);
      routes = product;
    }
  }
  return { releases, diagnostics };
}

const matchesOf = ({ managed }: ServiceRouting): number =>
  managed.reduce((sum, { match }) => sum + match.length, 0);

function leftOut(
  { service, managed }: ServiceRouting,
  others: readonly ServiceRouting[],
): BackendDiagnostic {
  const names = managed.map(({ name }) => name).join(", ");
  const beside = others.map((each) => each.service).join(", ");
  const message =
    `the routes of the release of ${service} (${names}) have no room here beside those of ${beside}:` +
    " requests go as the weights say; give fewer matches, or regular expressions in place of many";
  return { code: "RELEASE_LEFT_OUT", path: "backendRefs", message };
}
