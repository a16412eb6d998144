import type { Instance } from "./instance.ts";
import type { ServiceName, SubsetName } from "./names.ts";

/** A part of a service's instances, selected by labels that must all be equal. */
export interface Subset {
  readonly name: SubsetName;
  readonly labels: ReadonlyMap<string, string>;
  /** Where its traffic goes while it has no usable endpoint. */
  readonly fallback: SubsetName | undefined;
}

export type AppProtocol = "http" | "http2";

/** Optional settings of a service: `services/<name>`. */
export interface ServiceSettings {
  readonly appProtocol: AppProtocol;
  /** In the order of the list, which is the order of the weighted clusters; empty: by version label. */
  readonly subsets: readonly Subset[];
  readonly timeouts: { readonly connectMs: number; readonly requestMs: number | undefined };
}

export const defaultSettings: ServiceSettings = {
  appProtocol: "http",
  subsets: [],
  timeouts: { connectMs: 1_000, requestMs: undefined },
};

/** A subset's weight in any unit; only the ratio counts. 0 means no traffic. */
export interface SubsetWeight {
  readonly subset: SubsetName;
  readonly weight: number;
}

/**
 * Everything known of one service. The object is replaced when, and only when, something of it
 * changes, so that later stages recognise an unchanged service by identity.
 */
export interface Service {
  readonly name: ServiceName;
  readonly settings: ServiceSettings;
  /** Sorted by id. */
  readonly instances: readonly Instance[];
  /** `weights/<service>`; undefined where the instances' own tags decide. */
  readonly weights: readonly SubsetWeight[] | undefined;
  /** Store keys this service was read from, sorted: the origin shown for its resources. */
  readonly origins: readonly string[];
}
