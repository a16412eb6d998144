import type { InstanceId, ServiceName } from "./names.ts";

/** A TCP address of an instance. `host` is an IP address (v4 or v6, without brackets). */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** As people write it: `10.0.0.1:8081`, `[2001:db8::1]:8081`. */
export const addressText = ({ host, port }: Address): string =>
  host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;

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
  /**
   * What serin's probes say, only in what gRPC clients get; left out: nothing against it. `back`: it was sick
   * until a moment ago. Clients may connect, and its version gets no share by it yet.
   */
  readonly found?: "sick" | "back";
}

/** Label that names an instance's version. */
export const versionLabel = "version";
