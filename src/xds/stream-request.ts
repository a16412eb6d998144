/** What a stream reads: a request of either variant, to be taken as a step of its type. */
import { limits } from "../config/limits.ts";
import type { TypeUrl } from "../snapshot/type-url.ts";
import { changed } from "./changed.ts";
import { decodeDeltaRequest, decodeSotwRequest, nodeIdIn, readNode } from "./codec.ts";
import { receiveDelta } from "./delta.ts";
import type { Doubts } from "./doubts.ts";
import { type EndReason, reasons } from "./end-reason.ts";
import { knownVersion } from "./known-versions.ts";
import type { NameSet } from "./name-set.ts";
import type { ProxyNode } from "./node.ts";
import type { HeldVersion } from "./settling.ts";
import { type Received, receiveSotw } from "./sotw.ts";
import type { Variant } from "./stream-state.ts";
import type { Subscription } from "./subscription.ts";
import type { TypeState } from "./type-state.ts";

/** Who asks, and what it may hold other than it says. */
export interface Asker {
  readonly node: ProxyNode;
  readonly doubts: Doubts;
}

export interface StreamRequest {
  readonly node: ProxyNode;
  readonly typeUrl: string;
  /** Of the list of the state of the world all; in delta what is new. */
  readonly names: NameSet;
  /** Where it is more than a stream may ask for. */
  readonly excess: EndReason | undefined;
  readonly held: HeldVersion;
  receive(previous: TypeState | undefined, typeUrl: TypeUrl, asker: Asker): Received;
}

/** Why the stream has to end, where it does. `known`: who it has said that it is. */
export function readStreamRequest(
  variant: Variant,
  bytes: Uint8Array,
  known: ProxyNode | undefined,
): StreamRequest | EndReason {
  try {
    return variant === "sotw" ? readSotw(bytes, known) : readDelta(bytes, known);
  } catch {
    return reasons.malformed;
  }
}

/**
 * Whether the proxy asks for more names than it may: in its subscription, or with what it asked for
 * before and was not told yet. Names that are owed for other reasons may be more than that.
 */
export function asksTooMuch(
  { names }: StreamRequest,
  before: TypeState | undefined,
  { subscription, owed, asked }: TypeState,
): boolean {
  const most = limits.xds.subscriptionNames;
  const isOwedMore = names.names.size > 0 && before !== undefined && owed.size > before.owed.size;
  const owedNames = isOwedMore ? owed.size : 0;
  return Math.max(subscription.names.size, asked.size, owedNames) > most;
}

/** The node may come in the first message only, and must not change. */
function introduce(
  node: Uint8Array | undefined,
  known: ProxyNode | undefined,
): ProxyNode | EndReason {
  if (node !== undefined && node.length > limits.xds.nodeBytes) return reasons.nodeTooLarge;
  if (known === undefined) {
    const first = node && readNode(node);
    return first === undefined || first.id === "" ? reasons.noNode : first;
  }
  const id = node === undefined ? "" : nodeIdIn(node);
  return id === "" || id === known.id ? known : reasons.otherNode;
}

function readSotw(bytes: Uint8Array, known: ProxyNode | undefined): StreamRequest | EndReason {
  const { request, node: encoded, typeUrl, excess } = decodeSotwRequest(bytes);
  const { versionInfo: held } = request;
  const node = introduce(encoded, known);
  if ("code" in node) return node;
  return {
    node,
    typeUrl,
    names: request.names,
    excess,
    held: () => (held === "" ? undefined : held),
    receive: (previous, type, asker) => {
      const received = receiveSotw(previous, type, request);
      const { subscription } = received.state;
      if (previous !== undefined || held === "" || isProof(type, subscription, asker)) {
        return received;
      }
      return { ...received, state: changed(received.state, { shown: undefined }) };
    },
  };
}

function readDelta(bytes: Uint8Array, known: ProxyNode | undefined): StreamRequest | EndReason {
  const { request, node: encoded, typeUrl, excess } = decodeDeltaRequest(bytes);
  const node = introduce(encoded, known);
  if ("code" in node) return node;
  return {
    node,
    typeUrl,
    names: request.subscribe,
    excess,
    held: (name) => knownVersion(request.initialVersions, name),
    receive: (previous, type, asker) => {
      const isServed = isEnvoy(asker.node);
      const received = receiveDelta(previous, type, { ...request, isServed });
      if (previous !== undefined || received.state.known === undefined) return received;
      const owed = asker.doubts.take(asker.node.id, type, received.state.subscription);
      return owed === undefined
        ? received
        : { ...received, state: changed(received.state, { owed }) };
    },
  };
}

/**
 * Whether the version that a reconnecting proxy shows tells what it holds. A gRPC client may have
 * dropped what it had, and asked for the same again, while it was away (docs/adr/0024).
 */
const isProof = (typeUrl: TypeUrl, asked: Subscription, { node, doubts }: Asker): boolean =>
  doubts.take(node.id, typeUrl, asked) === undefined && isEnvoy(node);

const isEnvoy = ({ userAgent }: ProxyNode): boolean => userAgent.startsWith("envoy");
