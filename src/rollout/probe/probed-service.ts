/** Which services are probed, and how: those that need it and can be, up to a number of instances. Pure. */
import { compareText } from "../../lib/compare-text.ts";
import { type Address, addressText } from "../../model/instance.ts";
import type { ServiceName } from "../../model/names.ts";
import type { AppProtocol, HealthCheck, Service } from "../../model/service.ts";

export interface ProbedService {
  readonly name: ServiceName;
  readonly health: HealthCheck;
  readonly protocol: AppProtocol;
  /** By their texts; an address that several instances have is probed once. */
  readonly addresses: ReadonlyMap<string, Address>;
}

const known = new WeakMap<Service, ProbedService>();

/** The same object for the same service; undefined: `whyNotProbed` says why. */
export function probedService(service: Service): ProbedService | undefined {
  const before = known.get(service);
  if (before !== undefined) return before;
  const { name, settings, instances } = service;
  const { healthCheck: health, appProtocol: protocol } = settings;
  if (health === undefined || whyNotProbed(service) !== undefined) return undefined;
  const addresses = new Map(instances.map(({ address }) => [addressText(address), address]));
  const made = { name, health, protocol, addresses };
  known.set(service, made);
  return made;
}

/** One sentence; undefined: it can be. */
export function whyNotProbed({ settings }: Pick<Service, "settings">): string | undefined {
  if (settings.healthCheck === undefined) return "the service has no healthCheck";
  // What clients connect with is up to their credentials, which serin does not have.
  if (settings.tls !== undefined) return "serin does not probe over tls";
  return undefined;
}

export interface Bounded {
  readonly kept: readonly ProbedService[];
  /** Those that find no room, sorted. */
  readonly leftOut: readonly ServiceName[];
}

/** In the order of their names, so that all replicas leave out the same. */
export function withinBounds(services: readonly ProbedService[], instancesMax: number): Bounded {
  const kept: ProbedService[] = [];
  const leftOut: ServiceName[] = [];
  let room = instancesMax;
  for (const service of services.toSorted((a, b) => compareText(a.name, b.name))) {
    const { size } = service.addresses;
    if (size > room) leftOut.push(service.name);
    else {
      kept.push(service);
      room -= size;
    }
  }
  return { kept, leftOut };
}
