/** All gateways of a state, with what attaches to them: routes of every kind, secrets, lanes. */
import { compareText } from "../../lib/compare-text.ts";
import type { Diagnostic } from "../../lib/diagnostic.ts";
import type { DesiredState } from "../../model/desired-state.ts";
import type { Gateway } from "../../model/gateway.ts";
import type { GatewayName } from "../../model/names.ts";
import { sameElements } from "../equal.ts";
import { noEdge } from "../lane/edge.ts";
import type { TranslatedRoute } from "../route/route.ts";
import type { TranslatedServices } from "../services.ts";
import { type Edges, edgesOf, noEdges } from "./edges.ts";
import { type TranslatedGateway, translateGateway } from "./gateway.ts";
import { parentProblems } from "./parents.ts";
import { noSecrets, type TranslatedSecrets, translateSecrets } from "./secret.ts";
import { type HostsMemo, noHosts, servesAny, sharedHosts } from "./shared-hosts.ts";
import { type TranslatedStreamRoute, translateStreamRoutes } from "./stream-route.ts";
import { lackedSecrets } from "./upstream-secrets.ts";

export interface TranslatedGateways {
  /** Objects in the order of their names, then the built-in one. */
  readonly byName: ReadonlyMap<GatewayName, TranslatedGateway>;
  /** The built-in gateway; undefined where there is none, or an object of the same name. */
  readonly builtIn: GatewayName | undefined;
  readonly streams: readonly TranslatedStreamRoute[];
  readonly secrets: TranslatedSecrets;
  readonly hosts: HostsMemo;
  readonly edges: Edges;
  readonly diagnostics: readonly Diagnostic[];
}

export const noGateways: TranslatedGateways = {
  byName: new Map(),
  builtIn: undefined,
  streams: [],
  secrets: noSecrets,
  hosts: noHosts,
  edges: noEdges,
  diagnostics: [],
};

export interface GatewaysSource {
  readonly state: Pick<DesiredState, "gateways" | "streamRoutes" | "secrets">;
  readonly defaultGateway: Gateway | undefined;
  readonly services: TranslatedServices;
  readonly routes: readonly TranslatedRoute[];
  /** Most matches of lanes' entries at one gateway. */
  readonly edgeMatchesMax: number;
}

/** `before`: the result of last time, of which unchanged parts are kept. */
export function translateGateways(
  { state, defaultGateway, services, routes, edgeMatchesMax }: GatewaysSource,
  before: TranslatedGateways,
): TranslatedGateways {
  const { wanted, builtIn } = allGateways(state.gateways, defaultGateway);
  const streams = translateStreamRoutes(state.streamRoutes, services.byName, before.streams);
  const secrets = translateSecrets(state.secrets, before.secrets);
  const edges = edgesOf(wanted, services.lanes, edgeMatchesMax, before.edges);
  const sameGateways = sameElements(wanted, [...before.byName.values()].map(gatewayOf));
  const hosts = sharedHosts(services.hosts, routes, before.hosts, sameGateways);
  const same =
    hosts.changed !== undefined && before.streams === streams && before.secrets === secrets;
  const byName = new Map(
    wanted.map((gateway) => {
      const last = before.byName.get(gateway.name);
      const edge = edges.byGateway.get(gateway.name) ?? noEdge;
      const isSame = same && last?.gateway === gateway && last.edge === edge;
      const kept = isSame && !servesAny(gateway, hosts.changed);
      const around = { services: services.hosts, hosts, streams, secrets, edge };
      return [gateway.name, kept ? last : translateGateway(gateway, around, last)];
    }),
  );
  const parents = {
    gateways: new Map(wanted.map((gateway) => [String(gateway.name), gateway])),
    services: services.byName,
  };
  const attachable = [...routes, ...streams].map(({ route }) => route);
  const diagnostics = [
    ...streams.flatMap((stream) => stream.diagnostics),
    ...[...byName.values()].flatMap((gateway) => gateway.diagnostics),
    ...attachable.flatMap((route) => parentProblems(route, parents)),
    ...lackedSecrets(services.byName, secrets),
  ];
  return { byName, builtIn, streams, secrets, hosts: hosts.memo, edges, diagnostics };
}

const gatewayOf = ({ gateway }: TranslatedGateway): Gateway => gateway;

/** An object of the name of the built-in gateway takes its place, and its own selector counts. */
function allGateways(
  gateways: ReadonlyMap<GatewayName, Gateway>,
  defaultGateway: Gateway | undefined,
): { readonly wanted: readonly Gateway[]; readonly builtIn: GatewayName | undefined } {
  const wanted = [...gateways.values()].sort((a, b) => compareText(a.name, b.name));
  if (defaultGateway === undefined || gateways.has(defaultGateway.name)) {
    return { wanted, builtIn: undefined };
  }
  return { wanted: [...wanted, defaultGateway], builtIn: defaultGateway.name };
}
