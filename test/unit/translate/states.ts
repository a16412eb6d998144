/** Short ways to write model values in tests; each goes around decode and its checks. */
import type { Instance } from "../../../src/model/instance.ts";
import type { InstanceId, ServiceName, SubsetName } from "../../../src/model/names.ts";
import { defaultSettings, type Service, type Subset } from "../../../src/model/service.ts";

export const subsetName = (name: string): SubsetName => name as SubsetName;

export interface InstanceParts {
  readonly version?: string;
  readonly weight?: number;
  readonly zone?: string;
  readonly canary?: boolean;
  readonly labels?: Readonly<Record<string, string>>;
}

export function instance(service: string, n: number, parts: InstanceParts = {}): Instance {
  const labels = new Map(Object.entries(parts.labels ?? {}));
  if (parts.version !== undefined) labels.set("version", parts.version);
  return {
    service: service as ServiceName,
    id: `i${n}` as InstanceId,
    address: { host: "127.0.0.1", port: 8000 + n },
    labels,
    weight: parts.weight,
    zone: parts.zone ?? "",
    canary: parts.canary ?? false,
  };
}

export interface ServiceParts {
  readonly instances?: readonly InstanceParts[];
  readonly weights?: Readonly<Record<string, number>>;
  readonly subsets?: readonly { name: string; fallback?: string }[];
}

export function service(name: string, parts: ServiceParts = {}): Service {
  const subsets = (parts.subsets ?? []).map(
    (subset): Subset => ({
      name: subsetName(subset.name),
      labels: new Map([["version", subset.name]]),
      fallback: subset.fallback === undefined ? undefined : subsetName(subset.fallback),
    }),
  );
  return {
    name: name as ServiceName,
    settings: { ...defaultSettings, subsets },
    instances: (parts.instances ?? []).map((each, i) => instance(name, i + 1, each)),
    weights:
      parts.weights === undefined
        ? undefined
        : Object.entries(parts.weights).map(([subset, weight]) => ({
            subset: subsetName(subset),
            weight,
          })),
    origins: [`services/${name}`],
  };
}
