/**
 * What proxies may or may not have applied when their streams ended: what was rejected, of which
 * Envoy may have applied a part, and what was not answered. A proxy that reconnects shows the version
 * before, and holds perhaps another: these names are sent to it again, whatever it shows.
 */
import { limits } from "../config/limits.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import { NameList, OwnNames, type SomeNames } from "./doubtful-names.ts";
import type { NodeId } from "./node.ts";
import type { Subscription } from "./subscription.ts";
import type { TypeStates } from "./type-states.ts";

interface Bounds {
  /** Types of nodes. */
  readonly entries: number;
  readonly bytes: number;
}

const { doubts: entries, doubtBytes: bytes } = limits.xds;

export class Doubts {
  readonly #max: Bounds;
  /** By node and type; oldest first. */
  readonly #inDoubt = new Map<string, SomeNames>();
  #bytes = 0;

  constructor(max: Bounds = { entries, bytes }) {
    this.#max = max;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The stream of a node ends in these states. */
  remember(node: NodeId, types: TypeStates): void {
    for (const [typeUrl, { held, inFlight }] of types) {
      const sent = inFlight?.names ?? [];
      if (held.size === 0 && sent.length === 0) continue;
      const key = keyOf(node, typeUrl);
      const known = this.#release(key);
      if (known === undefined && held.size === 0) {
        this.#keep(key, NameList.of(sent));
        continue;
      }
      const own = known?.own() ?? new OwnNames([]);
      own.add(held);
      own.add(sent);
      this.#keep(key, own);
    }
  }

  /**
   * Names in doubt of one type that the stream asks for, and knows from now on. Others are left for
   * other streams of the node: an Envoy without ADS has one for each cluster.
   */
  take(
    node: NodeId,
    typeUrl: TypeUrl,
    { wildcard, names }: Subscription,
  ): ReadonlySet<string> | undefined {
    const key = keyOf(node, typeUrl);
    const own = this.#release(key)?.own();
    const taken = own?.take(wildcard ? undefined : names);
    if (own !== undefined && own.size > 0) this.#keep(key, own);
    return taken?.size === 0 ? undefined : taken;
  }

  #keep(key: string, names: SomeNames): void {
    this.#inDoubt.set(key, names);
    this.#bytes += names.kept();
    for (const oldest of this.#inDoubt.keys()) {
      if (this.#inDoubt.size <= this.#max.entries && this.#bytes <= this.#max.bytes) return;
      this.#release(oldest);
    }
  }

  #release(key: string): SomeNames | undefined {
    const names = this.#inDoubt.get(key);
    this.#inDoubt.delete(key);
    this.#bytes -= names?.released() ?? 0;
    return names;
  }
}

const keyOf = (node: NodeId, typeUrl: TypeUrl): string => JSON.stringify([node, typeUrl]);
