/** The outcome of translate as explain looks at it: of every gateway, or of those of one node. */

import type { ExplainSource, NamedRoute } from "../explain/source.ts";
import type { Diagnostic } from "../lib/diagnostic.ts";
import type { Gateway, NodeSelection } from "../model/gateway.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { gatewaysOf, type Translation } from "../translate/translate.ts";

/** The objects behind, for what resources do not tell. */
export interface Behind {
  readonly diagnostics: readonly Diagnostic[];
  routes(): Iterable<NamedRoute>;
}

const nothingBehind: Behind = { diagnostics: [], routes: () => [] };

/**
 * `node` undefined: all gateways, the built-in one last, and only where there may be a node that no
 * other one selects.
 */
export function explainSource(
  translation: Translation,
  node: NodeSelection | undefined,
  behind: Behind = nothingBehind,
): ExplainSource {
  const { revision, gateways, defaultGateway, nodes } = translation;
  const own = node === undefined ? undefined : nodes.get(node.id);
  // A node's snapshot stands in place of everything.
  if (node !== undefined && own !== undefined) {
    const name = `snapshots/${node.id}`;
    const { resources } = own;
    return { ...behind, revision, gateways: [{ name, resources, forTheRest: false }], shared: [] };
  }
  const all = [...gateways.keys()].filter((name) => name !== defaultGateway);
  const takesAll = all.some((name) => isForAll(gateways.get(name)?.gateway));
  if (defaultGateway !== undefined && !takesAll) all.push(defaultGateway);
  const names = node === undefined ? all : gatewaysOf(translation, node);
  return {
    ...behind,
    revision,
    gateways: names.map((name) => ({
      name,
      resources: gateways.get(name)?.bundle.resources ?? [],
      forTheRest: node === undefined && name === defaultGateway && all.length > 1,
    })),
    shared: resourcesOf(translation.shared),
  };
}

const isForAll = (gateway: Gateway | undefined): boolean =>
  gateway !== undefined &&
  gateway.nodeSelector.id === undefined &&
  gateway.nodeSelector.cluster === undefined &&
  gateway.nodeSelector.metadata.size === 0;

function* resourcesOf(bundles: ReadonlyMap<string, Bundle>): Iterable<Resource> {
  for (const { resources } of bundles.values()) yield* resources;
}
