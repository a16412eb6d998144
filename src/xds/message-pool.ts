/**
 * One message for all streams in the same position, its nonce included. A nonce stays unique on
 * each stream, because it rises, and a stream takes a pooled message only if its nonce is higher
 * than every one it has seen.
 */
import { createHash } from "node:crypto";
import type { ResourceView } from "../snapshot/resource-table.ts";
import { encodeResponse } from "./codec.ts";
import { framed } from "./frame.ts";
import { KeptPerView } from "./kept-per-view.ts";
import type { NameSet } from "./name-set.ts";
import type { Push, PushContent } from "./push.ts";
import type { Variant } from "./stream-state.ts";

export interface Message {
  readonly serial: number;
  readonly nonce: string;
  readonly content: PushContent;
  readonly bytes: Uint8Array;
}

/** What a stream asks for, and the highest serial that it has been sent. */
export interface Taker {
  readonly names: NameSet;
  readonly after: number;
}

/** Taken by one stream, and too large to be kept for a second one that may never come. */
const takenOnce = "taken once";

export class MessagePool {
  readonly #controlPlane: string;
  readonly #unsharedBytes: number;
  readonly #kept: KeptPerView<Message | typeof takenOnce>;
  #serial = 0;
  #encodings = 0;

  constructor(options: {
    readonly controlPlane: string;
    readonly messagesMax: number;
    readonly bytesMax: number;
    readonly unsharedBytes: number;
  }) {
    this.#controlPlane = options.controlPlane;
    this.#unsharedBytes = options.unsharedBytes;
    this.#kept = new KeptPerView({ entries: options.messagesMax, bytes: options.bytesMax });
  }

  /** How many messages were encoded so far: the count that a benchmark guards. */
  get encodings(): number {
    return this.#encodings;
  }

  /** Bytes that are kept, or somewhat less. */
  get bytes(): number {
    return this.#kept.bytes;
  }

  take(variant: Variant, view: ResourceView, push: Push, { names, after }: Taker): Message {
    const isFirst = after === 0;
    if (push.shareKey === undefined) return this.#encode(variant, view, push.content(), isFirst);
    const shared = shortKey(push.shareKey);
    const key = keyOf(variant, isFirst, shared);
    const pooled = this.#pooled(view, names, key);
    if (pooled !== undefined && pooled.serial > after) return pooled;
    const alike = pooled ?? this.#pooled(view, names, keyOf(variant, !isFirst, shared));
    const message = this.#encode(variant, view, alike?.content ?? push.content(), isFirst);
    this.#keep(view, names, key, message);
    return message;
  }

  #pooled(view: ResourceView, names: NameSet, key: string): Message | undefined {
    const kept = this.#kept.get(view, names, key);
    return kept === takenOnce ? undefined : kept;
  }

  #keep(view: ResourceView, names: NameSet, key: string, message: Message): void {
    const { length } = message.bytes;
    const isShared =
      length <= this.#unsharedBytes || this.#kept.get(view, names, key) !== undefined;
    if (!isShared) this.#kept.put(view, names, key, { value: takenOnce, bytes: 0 });
    // Names that are removed stand in the content once more.
    else this.#kept.put(view, names, key, { value: message, bytes: 2 * length });
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

/** A key may list all names there are: of a long one a digest that no two have in common. */
const shortKey = (key: string): string =>
  key.length <= 256 ? key : createHash("sha256").update(key).digest("base64");

const keyOf = (variant: Variant, isFirst: boolean, shared: string): string =>
  `${variant}|${isFirst}|${shared}`;
