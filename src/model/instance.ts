import type { InstanceId, ServiceName } from "./names.ts";

/** A TCP address of an instance. `host` is an IP address (v4 or v6, without brackets). */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** One running instance of a service: `endpoints/<service>/<id>`. */
export interface Instance {
  readonly service: ServiceName;
  readonly id: InstanceId;
  readonly address: Address;
  /** Labels, the version included under `version`; keys in sorted order. */
  readonly labels: ReadonlyMap<string, string>;
  /** Share among the instances, not a percentage; undefined where the instance states none. 0 drains. */
  readonly weight: number | undefined;
  /** Availability zone; empty where none is given. */
  readonly zone: string;
  /** Joins as a canary by itself, with 5 % for all such instances together. */
  readonly canary: boolean;
}

/** Label that names an instance's version. */
export const versionLabel = "version";
