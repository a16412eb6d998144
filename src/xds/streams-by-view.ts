import type { View } from "../snapshot/view.ts";
import type { GroupView } from "./group-view.ts";
import type { XdsStream } from "./stream.ts";

const none: ReadonlySet<XdsStream> = new Set();

/** Streams by the view that they see, so that a change costs nothing for those that see another. */
export class StreamsByView {
  readonly #streams = new Map<View, Set<XdsStream>>();

  of(view: GroupView): ReadonlySet<XdsStream> {
    const streams: ReadonlyMap<GroupView, ReadonlySet<XdsStream>> = this.#streams;
    return streams.get(view) ?? none;
  }

  /** Those that a stream sees. */
  views(): ReadonlySet<View> {
    return new Set(this.#streams.keys());
  }

  move(stream: XdsStream, from: View | undefined, to: View | undefined): void {
    const left = from && this.#streams.get(from);
    left?.delete(stream);
    if (from !== undefined && left?.size === 0) this.#streams.delete(from);
    if (to === undefined) return;
    const joined = this.#streams.get(to) ?? new Set();
    this.#streams.set(to, joined.add(stream));
  }
}
