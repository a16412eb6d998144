/** The proxy behind a stream, as far as the server looks at it. */
import type { Brand } from "../lib/brand.ts";

/** The id of a node; it is what the proxy says. */
export type NodeId = Brand<string, "NodeId">;

/** Who a stream speaks for, as its first message says. Nothing of it is verified here. */
export interface ProxyNode {
  readonly id: NodeId;
  readonly cluster: string;
  /** Top-level string fields of the node's metadata; keys in sorted order. */
  readonly metadata: ReadonlyMap<string, string>;
  /** `envoy/1.40.0`, `grpc-go/1.85.0`; empty where the proxy does not say. */
  readonly userAgent: string;
}

/** What a proxy's view is chosen by. */
export interface ConnectedProxy {
  readonly node: ProxyNode;
  /**
   * Names of the RTDS layers that the stream subscribes to. Envoy asks for these before anything
   * else; empty on a stream of its own for another type.
   */
  readonly layers: ReadonlySet<string>;
}

export const noLayers: ReadonlySet<string> = new Set();
