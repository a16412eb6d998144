/** The outcome of translate as explain looks at it: of every gateway, or of those of one node. */
import type { ExplainSource } from "../explain/source.ts";
import type { NodeSelection } from "../model/gateway.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import type { Resource } from "../snapshot/resource.ts";
import { gatewaysOf, type Translation } from "../translate/translate.ts";

/** `node` undefined: all gateways, the built-in one last. */
export function explainSource(
  translation: Translation,
  node: NodeSelection | undefined,
): ExplainSource {
  const { revision, gateways, defaultGateway, nodes } = translation;
  const own = node === undefined ? undefined : nodes.get(node.id);
  // A node's snapshot stands in place of everything.
  if (node !== undefined && own !== undefined) {
    const name = `snapshots/${node.id}`;
    return { revision, gateways: [{ name, resources: own.resources }], shared: [] };
  }
  const all = [...gateways.keys()].filter((name) => name !== defaultGateway);
  if (defaultGateway !== undefined) all.push(defaultGateway);
  const names = node === undefined ? all : gatewaysOf(translation, node);
  return {
    revision,
    gateways: names.map((name) => ({
      name,
      resources: gateways.get(name)?.bundle.resources ?? [],
    })),
    shared: resourcesOf(translation.shared),
  };
}

function* resourcesOf(bundles: ReadonlyMap<string, Bundle>): Iterable<Resource> {
  for (const { resources } of bundles.values()) yield* resources;
}
