/** What one key contributes to the desired state, and how a checked value becomes it. */

import { assert } from "../../lib/assert.ts";
import { compareText } from "../../lib/compare-text.ts";
import type { Gateway } from "../../model/gateway.ts";
import { type Instance, versionLabel } from "../../model/instance.ts";
import type { ListenerName, ServiceName, SubsetName } from "../../model/names.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { HttpRoute } from "../../model/route.ts";
import { defaultSettings, type ServiceSettings, type SubsetWeight } from "../../model/service.ts";
import { parseAddress } from "../schema/address.ts";
import { durationMs } from "../schema/duration.ts";
import type { EndpointValue } from "../schema/endpoint.ts";
import type { GatewayValue } from "../schema/gateway.ts";
import type { ServiceValue } from "../schema/service.ts";
import type { WeightsValue } from "../schema/weights.ts";
import type { ObjectKey } from "./key.ts";

export type Content =
  | {
      readonly kind: "settings";
      readonly service: ServiceName;
      readonly settings: ServiceSettings;
    }
  | {
      readonly kind: "weights";
      readonly service: ServiceName;
      readonly weights: readonly SubsetWeight[];
    }
  | { readonly kind: "instance"; readonly instance: Instance }
  | { readonly kind: "route"; readonly route: HttpRoute }
  | { readonly kind: "gateway"; readonly gateway: Gateway }
  | { readonly kind: "resource"; readonly resource: RawResource };

export type KeyOf<K extends ObjectKey["kind"]> = Extract<ObjectKey, { readonly kind: K }>;

const sortedMap = (fields: Readonly<Record<string, string>>): ReadonlyMap<string, string> =>
  new Map(Object.entries(fields).sort(([a], [b]) => compareText(a, b)));

export function toInstance(value: EndpointValue, key: KeyOf<"endpoints">): Content {
  const address = parseAddress(value.address);
  assert(address.ok, "the schema has checked the address");
  const { [versionLabel]: label = "", ...labels } = value.labels ?? {};
  const version = value.version ?? label;
  const instance: Instance = {
    service: key.service,
    id: key.id,
    address: address.value,
    labels: sortedMap(version === "" ? labels : { ...labels, [versionLabel]: version }),
    weight: value.weight,
    zone: value.zone ?? "",
    canary: value.canary ?? false,
  };
  return { kind: "instance", instance };
}

/** The order of fields in an object means nothing, so the weights are sorted by subset. */
export function toWeights(value: WeightsValue, key: KeyOf<"weights">): Content {
  const weights = Object.entries(value)
    .map(([subset, weight]) => ({ subset: subset as SubsetName, weight: Math.abs(weight) }))
    .sort((a, b) => compareText(a.subset, b.subset));
  return { kind: "weights", service: key.service, weights };
}

export function toSettings(value: ServiceValue, key: KeyOf<"services">): Content {
  const { connect, request } = value.timeouts ?? {};
  const protocol = value.appProtocol ?? defaultSettings.appProtocol;
  const settings: ServiceSettings = {
    ...defaultSettings,
    appProtocol: protocol === "grpc" ? "http2" : protocol,
    subsets: (value.subsets ?? []).map(({ name, labels, fallback }) => ({
      name: name as SubsetName,
      labels: sortedMap(labels ?? { [versionLabel]: name }),
      fallback: fallback as SubsetName | undefined,
    })),
    timeouts: {
      connectMs: connect === undefined ? defaultSettings.timeouts.connectMs : durationMs(connect),
      requestMs: request === undefined ? undefined : durationMs(request),
    },
  };
  return { kind: "settings", service: key.service, settings };
}

export function toGateway(value: GatewayValue, key: KeyOf<"gateways">, origin: string): Content {
  const { id, cluster, metadata } = value.nodeSelector ?? {};
  const gateway: Gateway = {
    name: key.gateway,
    nodeSelector: { id, cluster, metadata: sortedMap(metadata ?? {}) },
    listeners: value.listeners.map((listener) => ({
      name: listener.name as ListenerName,
      address: listener.address ?? "0.0.0.0",
      port: listener.port,
      protocol: "HTTP",
      hostname: listener.hostname === "*" ? undefined : listener.hostname?.toLowerCase(),
      tls: undefined,
      allowedKinds: undefined,
      services: "all",
    })),
    origin,
  };
  return { kind: "gateway", gateway };
}
