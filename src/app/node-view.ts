/**
 * Nodes that have a snapshot of their own, `snapshots/<node id>`: a view for each, whose key no group
 * of gateways can have, and that holds nothing but the snapshot.
 */
import type { NodeIdentity } from "../model/gateway.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { gatewaysOf, type Translation } from "../translate/translate.ts";

/** Whose view a node sees: its own, or that of the gateways that select it. */
export type ViewOwner =
  | { readonly kind: "node"; readonly id: string }
  | { readonly kind: "gateways"; readonly names: ReturnType<typeof gatewaysOf> };

export function ownerOf(translation: Translation, node: NodeIdentity): ViewOwner {
  if (translation.nodes.has(node.id)) return { kind: "node", id: node.id };
  return { kind: "gateways", names: gatewaysOf(translation, node) };
}

/** Key of the view; the names of gateways hold no slash. */
export const ownerKey = (owner: ViewOwner): string =>
  owner.kind === "node" ? `node/${owner.id}` : owner.names.join(",");

export const isThere = (owner: ViewOwner, { nodes, gateways }: Translation): boolean =>
  owner.kind === "node" ? nodes.has(owner.id) : owner.names.every((name) => gateways.has(name));

/** What the view of a node holds; nothing once its snapshot is gone. */
export function nodeBundles({ nodes }: Translation, id: string): ReadonlyMap<string, Bundle> {
  const bundle = nodes.get(id);
  return new Map(bundle === undefined ? [] : [[bundle.owner, bundle]]);
}

/** Whether other nodes have a snapshot than before; what is in them is for `View.apply`. */
export function nodesDiffer(
  { nodes: before }: Translation,
  { nodes: after }: Translation,
): boolean {
  if (before === after) return false;
  return before.size !== after.size || [...after.keys()].some((id) => !before.has(id));
}
