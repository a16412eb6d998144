/** Which proxies run some resources, as far as ACKs tell: what `serin explain` says of its answer. */

import { type TypeUrl, typeUrls } from "../snapshot/type-url.ts";
import { configOf } from "./status/resource-status.ts";
import type { XdsStream } from "./stream.ts";
import type { StreamStatus } from "./stream-status.ts";
import { streamStatus } from "./stream-status.ts";
import { covers } from "./subscription.ts";

export interface ResourceKey {
  readonly typeUrl: TypeUrl;
  readonly name: string;
  /** It counts only for proxies that ask for it. */
  readonly ifAsked?: boolean;
}

/** A stream that gets a listener, and what it has not accepted of what was asked about. */
export interface Runner {
  readonly stream: StreamStatus;
  readonly lacks: readonly (ResourceKey & { readonly status: "NACKED" | "PENDING" })[];
}

/** Of all streams that ask for this listener, and get it. `nowMs` is wall-clock time. */
export function* runnersOf(
  streams: Iterable<XdsStream>,
  listener: string,
  resources: readonly ResourceKey[],
  nowMs: number,
): Generator<Runner, void> {
  const first = { typeUrl: typeUrls.listener, name: listener };
  for (const stream of streams) {
    const { view, types } = stream;
    const asked = types.get(typeUrls.listener)?.subscription;
    if (asked === undefined || !covers(asked, listener)) continue;
    if (view?.table(typeUrls.listener).get(listener) === undefined) continue;
    const lacks = [first, ...resources].flatMap((each) => lackOf(stream, each));
    yield { stream: streamStatus(stream, nowMs), lacks };
  }
}

function lackOf(stream: XdsStream, { typeUrl, name, ifAsked }: ResourceKey): Runner["lacks"] {
  const { view, types, onlyType } = stream;
  const type = types.get(typeUrl);
  if (ifAsked === true && type?.subscription.names.has(name) !== true) return [];
  const lack = (status: "NACKED" | "PENDING") => [{ typeUrl, name, status }];
  if (type === undefined) return onlyType === undefined ? lack("PENDING") : [];
  // A proxy asks for what it is sent the name of: it is on its way.
  if (view === undefined || !covers(type.subscription, name)) return lack("PENDING");
  const config = configOf(type, view.table(typeUrl), name);
  return config === "SYNCED" ? [] : lack(config === "ERROR" ? "NACKED" : "PENDING");
}
