import { badArgument, isObject } from "../lib/bad-argument.ts";
import type { ConnectedProxy, NodeId } from "./node.ts";

/** What a proxy says of itself, as far as `groupOf` looks at it. */
export interface ProxyParts {
  readonly id: string;
  readonly cluster?: string | undefined;
  readonly metadata?: Readonly<Record<string, string>> | undefined;
  readonly userAgent?: string | undefined;
  readonly layers?: Iterable<string> | undefined;
}

/** A proxy that is not there, to ask `cache.groupOf` about it in a test. */
export function connectedProxy(parts: ProxyParts): ConnectedProxy {
  if (!isObject(parts)) throw badArgument("connectedProxy", "an object with an id", parts);
  const { id, cluster = "", metadata = {}, userAgent = "", layers = [] } = parts;
  const node = {
    id: id as NodeId,
    cluster,
    metadata: new Map(Object.entries(metadata)),
    userAgent,
  };
  return { node, layers: new Set(layers) };
}
