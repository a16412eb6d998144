/**
 * One message for all streams in the same position, its nonce included. A nonce stays unique on
 * each stream, because it rises, and a stream takes a pooled message only if its nonce is higher
 * than every one it has seen.
 */
import { dropOldest } from "../lib/drop-oldest.ts";
import type { ResourceView } from "../snapshot/resource-table.ts";
import { encodeResponse } from "./codec.ts";
import { framed } from "./frame.ts";
import type { Variant } from "./stream-state.ts";
import type { Push, PushContent } from "./type-state.ts";

export interface Message {
  readonly serial: number;
  readonly nonce: string;
  readonly content: PushContent;
  readonly bytes: Uint8Array;
}

interface Pool {
  generation: number;
  readonly messages: Map<string, Message>;
}

export class MessagePool {
  readonly #controlPlane: string;
  readonly #messagesMax: number;
  readonly #pools = new WeakMap<ResourceView, Pool>();
  #serial = 0;
  #encodings = 0;

  constructor(options: { readonly controlPlane: string; readonly messagesMax: number }) {
    this.#controlPlane = options.controlPlane;
    this.#messagesMax = options.messagesMax;
  }

  /** How many messages were encoded so far: the count that a benchmark guards. */
  get encodings(): number {
    return this.#encodings;
  }

  /** The message for `push`; `after` is the highest serial that the stream has been sent. */
  take(variant: Variant, view: ResourceView, push: Push, after: number): Message {
    const isFirst = after === 0;
    if (push.shareKey === undefined) return this.#encode(variant, view, push.content(), isFirst);
    const pool = this.#pool(view);
    const keyOf = (first: boolean): string => `${variant}|${first}|${push.shareKey}`;
    const key = keyOf(isFirst);
    const pooled = pool.messages.get(key);
    if (pooled !== undefined && pooled.serial > after) return pooled;
    const alike = pooled ?? pool.messages.get(keyOf(!isFirst));
    const message = this.#encode(variant, view, alike?.content ?? push.content(), isFirst);
    pool.messages.set(key, message);
    dropOldest(pool.messages, this.#messagesMax);
    return message;
  }

  #pool(view: ResourceView): Pool {
    const known = this.#pools.get(view);
    if (known?.generation === view.generation) return known;
    const pool: Pool = { generation: view.generation, messages: new Map() };
    this.#pools.set(view, pool);
    return pool;
  }

  /** The first message of a stream says who speaks; Envoy remembers it. */
  #encode(variant: Variant, view: ResourceView, content: PushContent, isFirst: boolean): Message {
    this.#serial += 1;
    this.#encodings += 1;
    const nonce = this.#serial.toString(36);
    const { typeUrl } = view;
    const controlPlane = isFirst ? this.#controlPlane : undefined;
    const bytes = framed(encodeResponse({ variant, typeUrl, nonce, controlPlane, content }));
    return { serial: this.#serial, nonce, content, bytes };
  }
}
