/** What a stream reads: a request of either variant, to be taken as a step of its type. */
import type { TypeUrl } from "../snapshot/type-url.ts";
import { changed } from "./changed.ts";
import { decodeDeltaRequest, decodeSotwRequest } from "./codec.ts";
import { receiveDelta } from "./delta.ts";
import type { Doubts } from "./doubts.ts";
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
  readonly node: ProxyNode | undefined;
  readonly typeUrl: string;
  readonly names: NameSet;
  readonly held: HeldVersion;
  receive(previous: TypeState | undefined, typeUrl: TypeUrl, asker: Asker): Received;
}

/** Undefined where the bytes are no request of that variant. */
export function readStreamRequest(variant: Variant, bytes: Uint8Array): StreamRequest | undefined {
  try {
    return variant === "sotw" ? readSotw(bytes) : readDelta(bytes);
  } catch {
    return undefined;
  }
}

function readSotw(bytes: Uint8Array): StreamRequest {
  const { node, typeUrl, request } = decodeSotwRequest(bytes);
  const { names, versionInfo: held } = request;
  return {
    node,
    typeUrl,
    names,
    held: () => (held === "" ? undefined : held),
    receive: (previous, type, asker) => {
      const received = receiveSotw(previous, type, request);
      const { subscription } = received.state;
      if (previous !== undefined || held === "" || isProof(type, subscription, asker)) {
        return received;
      }
      return receiveSotw(previous, type, { ...request, versionInfo: "" });
    },
  };
}

function readDelta(bytes: Uint8Array): StreamRequest {
  const { node, typeUrl, request } = decodeDeltaRequest(bytes);
  return {
    node,
    typeUrl,
    names: request.subscribe,
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
