/**
 * Whose view a node sees. Nodes with a snapshot of their own, `snapshots/<node id>`, have a view each,
 * whose key no group of gateways can have, and that holds nothing but the snapshot. The others share
 * that of their gateways: Envoys one of what these need, and gRPC clients, which ask for any service
 * by its name, one of everything.
 */
import type { NodeIdentity } from "../model/gateway.ts";
import type { Bundle } from "../snapshot/bundle.ts";
import { gatewaysOf, type Translation } from "../translate/translate.ts";

/** Whose view a node sees: its own, or that of the gateways that select it. */
export type ViewOwner =
  | { readonly kind: "node"; readonly id: string }
  | {
      readonly kind: "gateways";
      readonly names: ReturnType<typeof gatewaysOf>;
      /** Whether the view holds all services. */
      readonly everything: boolean;
    };

export function ownerOf(translation: Translation, node: NodeIdentity): ViewOwner {
  if (translation.nodes.has(node.id)) return { kind: "node", id: node.id };
  const everything = !node.userAgent.startsWith("envoy");
  return { kind: "gateways", names: gatewaysOf(translation, node), everything };
}

/** Key of the view: `edge`, `all:edge`, or `node:edge-1`; the names of gateways hold no colon. */
export function ownerKey(owner: ViewOwner): string {
  if (owner.kind === "node") return `node:${owner.id}`;
  return `${owner.everything ? "all:" : ""}${owner.names.join(",")}`;
}

/** Whether a view of that key is of clients that are no Envoys. */
export const isOfClients = (key: string): boolean => /^([^:]+:)?all:/.test(key);

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
