/**
 * The answer to a request for status: what each proxy was sent, has accepted and has rejected. It is
 * made resource by resource, so that whoever drives it can stop in between; what it tells of one type
 * of one stream is of one moment, and the whole is not.
 */
import { limits } from "../../config/limits.ts";
import { encodeMessage } from "../../proto/encode.ts";
import type { ClientConfigGenericXdsConfig } from "../../proto/messages.ts";
import { timestamp } from "../../proto/values.ts";
import type { Resource } from "../../snapshot/resource.ts";
import { type TypeUrl, typeUrls } from "../../snapshot/type-url.ts";
import { type EndReason, reasons } from "../end-reason.ts";
import type { ProxyNode } from "../node.ts";
import type { XdsStream } from "../stream.ts";
import { versionSent } from "../stream-status.ts";
import type { Rejection, TypeState } from "../type-state.ts";
import { type ResourceStatus, resourceStatuses } from "./resource-status.ts";
import type { StatusQuestion } from "./status-request.ts";

/** What may be seen of a resource: an encoded google.protobuf.Any, or nothing. */
export type ShowResource = (resource: Resource) => Uint8Array | undefined;

/** Yields between any two parts of the work, which are short. */
export type AnswerInParts = Generator<undefined, Uint8Array | EndReason>;

const messages = "envoy.service.status.v3";

export function* statusAnswer(
  streams: Iterable<XdsStream>,
  question: StatusQuestion,
  show: ShowResource,
): AnswerInParts {
  const configs: Uint8Array[] = [];
  let bytes = 0;
  for (const [first, ...more] of yield* clientsOf(streams, question)) {
    if (first?.node === undefined) continue;
    const resources: Uint8Array[] = [];
    let ofResources = 0;
    for (const resource of resourcesOf([first, ...more], question.contents ? show : showNothing)) {
      ofResources += resource.length;
      if (bytes + ofResources > limits.xds.statusBytes) return reasons.tooMuchStatus;
      resources.push(resource);
      yield;
    }
    const node = nodeMessage(first.node);
    const config = { node, generic_xds_configs: resources };
    const encoded = encodeMessage(`${messages}.ClientConfig`, config);
    bytes += encoded.length;
    if (bytes > limits.xds.statusBytes) return reasons.tooMuchStatus;
    configs.push(encoded);
    yield;
  }
  return encodeMessage(`${messages}.ClientStatusResponse`, { config: configs });
}

const showNothing: ShowResource = () => undefined;

/**
 * Streams of one client: an Envoy without ADS has one for each type, all on one connection. Two
 * processes that say the same id are two.
 */
function* clientsOf(
  streams: Iterable<XdsStream>,
  { matches }: StatusQuestion,
): Generator<undefined, Iterable<readonly XdsStream[]>> {
  const clients = new Map<string, XdsStream[]>();
  for (const stream of [...streams]) {
    const { node, wire } = stream;
    if (node !== undefined && matches(node)) {
      const key = JSON.stringify([node.id, wire.peer]);
      const known = clients.get(key);
      if (known === undefined) clients.set(key, [stream]);
      else known.push(stream);
    }
    yield;
  }
  return clients.values();
}

/** Its metadata may hold anything, and is left out. */
function nodeMessage({ id, cluster, userAgent }: ProxyNode) {
  const slash = userAgent.lastIndexOf("/");
  const [name, version] =
    slash === -1 ? [userAgent, ""] : [userAgent.slice(0, slash), userAgent.slice(slash + 1)];
  return {
    id,
    cluster,
    ...(name !== "" && { user_agent_name: name }),
    ...(version !== "" && { user_agent_version: version }),
  };
}

function* resourcesOf(client: readonly XdsStream[], show: ShowResource): Generator<Uint8Array> {
  for (const stream of client) {
    for (const [typeUrl, type] of stream.types) {
      const about = { stream, typeUrl, type, rejectedNames: new Set(type.rejected?.names) };
      for (const status of resourceStatuses(type, stream.view?.table(typeUrl))) {
        yield encodeMessage(
          `${messages}.ClientConfig.GenericXdsConfig`,
          genericConfig(about, status, show),
        );
      }
    }
  }
}

interface TypeOfStream {
  readonly stream: XdsStream;
  readonly typeUrl: TypeUrl;
  readonly type: TypeState;
  readonly rejectedNames: ReadonlySet<string>;
}

function genericConfig(
  about: TypeOfStream,
  status: ResourceStatus,
  show: ShowResource,
): ClientConfigGenericXdsConfig {
  const { stream, typeUrl, type } = about;
  const { name, resource, config, client } = status;
  const isSent = config !== "NOT_SENT";
  // A private key is for the proxy that it is of.
  const isShown = isSent && resource !== undefined && typeUrl !== typeUrls.secret;
  const shown = isShown ? show(resource) : undefined;
  const version = stream.variant === "delta" ? resource?.version : versionSent(type);
  return {
    type_url: typeUrl,
    name,
    ...(isSent && version !== undefined && { version_info: version }),
    ...(shown !== undefined && { xds_config: shown }),
    last_updated: timestamp(stream.changedAtMs(typeUrl)),
    config_status: config,
    client_status: client,
    ...(config === "ERROR" && type.rejected !== undefined && errorOf(about, name, type.rejected)),
  };
}

function errorOf(about: TypeOfStream, name: string, { message, version }: Rejection) {
  const { stream, typeUrl, rejectedNames } = about;
  const details = rejectedNames.has(name) ? message.slice(0, limits.xds.statusErrorChars) : "";
  return {
    error_state: {
      last_update_attempt: timestamp(stream.changedAtMs(typeUrl)),
      // A proxy may repeat in it what it has rejected.
      details: typeUrl === typeUrls.secret ? "left out: it may repeat the secret" : details,
      version_info: version,
    },
  };
}
