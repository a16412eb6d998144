/**
 * What proxies may or may not have applied when their streams ended: what was rejected, of which
 * Envoy may have applied a part, and what was not answered. A proxy that reconnects shows the version
 * before, and holds perhaps another: these names are sent to it again, whatever it shows.
 */
import { limits } from "../config/limits.ts";
import { dropOldest } from "../lib/drop-oldest.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import type { NodeId } from "./node.ts";
import type { TypeStates } from "./type-states.ts";

export class Doubts {
  /** Oldest first. */
  readonly #names = new Map<string, ReadonlySet<string>>();

  /** The stream of a node ends in these states. */
  remember(node: NodeId, types: TypeStates): void {
    for (const [typeUrl, { held, inFlight }] of types) {
      const names = new Set([...held, ...(inFlight?.names ?? [])]);
      if (names.size === 0) continue;
      const key = keyOf(node, typeUrl);
      for (const name of this.#names.get(key) ?? []) names.add(name);
      this.#names.delete(key);
      this.#names.set(key, names);
      dropOldest(this.#names, limits.xds.doubts);
    }
  }

  /** Names in doubt of one type; the stream that asks knows them from now on. */
  take(node: NodeId, typeUrl: TypeUrl): ReadonlySet<string> | undefined {
    const key = keyOf(node, typeUrl);
    const names = this.#names.get(key);
    this.#names.delete(key);
    return names;
  }
}

const keyOf = (node: NodeId, typeUrl: TypeUrl): string => JSON.stringify([node, typeUrl]);
