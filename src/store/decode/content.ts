/** What one key contributes to the desired state, and how a checked value becomes it. */

import { assert } from "../../lib/assert.ts";
import { compareText } from "../../lib/compare-text.ts";
import type { AnalysisTemplate } from "../../model/analysis-template.ts";
import type { Gateway } from "../../model/gateway.ts";
import { type Instance, versionLabel } from "../../model/instance.ts";
import type { Lane } from "../../model/lane.ts";
import type { ReleasePosition } from "../../model/managed-routes.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { NodeSnapshot } from "../../model/node-snapshot.ts";
import type { RawResource } from "../../model/raw-resource.ts";
import type { Latch } from "../../model/rollout-status.ts";
import type { HttpRoute, StreamRoute } from "../../model/route.ts";
import type { Secret } from "../../model/secret.ts";
import type { ServiceSettings, Sickness, SubsetWeight } from "../../model/service.ts";
import { parseAddress } from "../schema/address.ts";
import type { EndpointValue } from "../schema/endpoint.ts";
import type { WeightsValue } from "../schema/weights.ts";
import type { ObjectKey } from "./key.ts";
import type { RolloutDraft } from "./rollout-content.ts";
import { sortedMap } from "./sorted-map.ts";

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
      readonly revision: bigint;
    }
  | {
      readonly kind: "latches";
      readonly service: ServiceName;
      readonly latched: ReadonlyMap<SubsetName, Latch>;
    }
  | {
      readonly kind: "position";
      readonly service: ServiceName;
      readonly position: ReleasePosition;
    }
  | {
      readonly kind: "sick";
      readonly service: ServiceName;
      readonly sick: ReadonlyMap<string, Sickness>;
    }
  | { readonly kind: "instance"; readonly instance: Instance }
  | { readonly kind: "route"; readonly route: HttpRoute }
  | { readonly kind: "streamRoute"; readonly route: StreamRoute }
  | { readonly kind: "gateway"; readonly gateway: Gateway }
  | { readonly kind: "lane"; readonly lane: Lane }
  | { readonly kind: "rollout"; readonly draft: RolloutDraft }
  | { readonly kind: "analysisTemplate"; readonly template: AnalysisTemplate }
  | { readonly kind: "secret"; readonly secret: Secret }
  | { readonly kind: "nodeSnapshot"; readonly snapshot: NodeSnapshot }
  | { readonly kind: "resource"; readonly resource: RawResource };

export type KeyOf<K extends ObjectKey["kind"]> = Extract<ObjectKey, { readonly kind: K }>;

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
export function toWeights(value: WeightsValue, key: KeyOf<"weights">, revision: bigint): Content {
  const weights = Object.entries(value)
    .map(([subset, weight]) => ({ subset: subset as SubsetName, weight: Math.abs(weight) }))
    .sort((a, b) => compareText(a.subset, b.subset));
  return { kind: "weights", service: key.service, weights, revision };
}
