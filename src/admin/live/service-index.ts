/**
 * What is said of services elsewhere, by service. Made anew when what it is made from is another one, and
 * only for whoever asks.
 */
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import type { BackendTarget, HttpRoute, StreamRoute } from "../../model/route.ts";
import { readKey } from "../../store/decode/key.ts";

export interface NamedIn {
  /** Keys of the routes that name the service, in order. */
  readonly routes: string[];
  /** Some backend is the service as a whole: its own split decides there. */
  bySplit: boolean;
}

type Routes = Pick<DesiredState, "routes" | "streamRoutes">;

/** For the successive states of one store. */
export function createRouteIndex(): (state: Routes) => ReadonlyMap<string, NamedIn> {
  let from: Routes = { routes: new Map(), streamRoutes: new Map() };
  let index: ReadonlyMap<string, NamedIn> = new Map();
  return ({ routes, streamRoutes }) => {
    if (routes === from.routes && streamRoutes === from.streamRoutes) return index;
    from = { routes, streamRoutes };
    const made = new Map<string, NamedIn>();
    for (const [key, route] of routes) note(made, key, targetsOf(route));
    for (const [key, { backendRefs }] of streamRoutes) note(made, key, backendRefs);
    index = made;
    return made;
  };
}

/** Services that a route leads to. */
export const servicesIn = (route: HttpRoute | StreamRoute): readonly string[] =>
  ("rules" in route ? targetsOf(route) : route.backendRefs).map(({ service }) => service);

const targetsOf = ({ rules }: HttpRoute): readonly BackendTarget[] =>
  rules.flatMap(({ backendRefs }) => backendRefs);

function note(index: Map<string, NamedIn>, key: string, targets: readonly BackendTarget[]): void {
  for (const { service, subset } of targets) {
    const known = index.get(service) ?? { routes: [], bySplit: false };
    if (known.routes.at(-1) !== key) known.routes.push(key);
    known.bySplit ||= subset === undefined;
    index.set(service, known);
  }
}

export interface DiagnosticCounts {
  errors: number;
  warnings: number;
}

export function diagnosticsByService(
  diagnostics: readonly Diagnostic[],
): ReadonlyMap<string, DiagnosticCounts> {
  const index = new Map<string, DiagnosticCounts>();
  for (const { key, severity } of diagnostics) {
    const service = serviceOfKey(key);
    if (service === undefined) continue;
    const counts = index.get(service) ?? { errors: 0, warnings: 0 };
    counts[severity === "error" ? "errors" : "warnings"] += 1;
    index.set(service, counts);
  }
  return index;
}

/** The service that a key is of; undefined: it is of none, or of several. */
export function serviceOfKey(key: string): string | undefined {
  const reading = readKey(key);
  if (reading.kind !== "object") return "service" in reading ? reading.service : undefined;
  return "service" in reading.object ? reading.object.service : undefined;
}
