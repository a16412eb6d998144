import type { Guard } from "./guard.ts";
import type { Instance } from "./instance.ts";
import type { ManagedRoute } from "./managed-routes.ts";
import type { SecretName, ServiceName, SubsetName } from "./names.ts";
import type { Latch } from "./rollout-status.ts";
import type { RateLimit, Retry } from "./traffic.ts";

/** A part of a service's instances, selected by labels that must all be equal. */
export interface Subset {
  readonly name: SubsetName;
  readonly labels: ReadonlyMap<string, string>;
  /** Where its traffic goes while it has no usable endpoint. */
  readonly fallback: SubsetName | undefined;
}

export type AppProtocol = "http" | "http2";

/** Active health checks, by every Envoy, and by serin for gRPC clients. Durations in ms. */
export interface HealthCheck {
  readonly check:
    | {
        readonly kind: "http";
        readonly path: string;
        readonly host: string | undefined;
        readonly expectedStatuses: readonly number[];
      }
    | { readonly kind: "grpc"; readonly serviceName: string }
    | { readonly kind: "tcp" };
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** Failed probes in a row that take an instance out, exactly. */
  readonly unhealthyThreshold: number;
  readonly healthyThreshold: number;
}

/** Why serin's own probes hold an instance for sick. */
export interface Sickness {
  /** Wall clock, ms. */
  readonly sinceMs: number;
  /** `answer`: it answers, and wrongly. Else clients have lost their connections to it, too. */
  readonly kind: "answer" | "timeout" | "connection";
  /** One sentence: what came of the probe that decided. */
  readonly reason: string;
  /** Since when it is well again, wall clock, ms; it will be forgotten. undefined: it is sick. */
  readonly backMs?: number | undefined;
}

/** `status/health/<service>`. */
export interface HealthStatus {
  /** By address; all others are well, or nobody knows. */
  readonly sick: ReadonlyMap<string, Sickness>;
  /** Of the act that wrote this, so that a lost answer can be looked up. */
  readonly operation: string;
}

/** Ejects an instance by the answers to ordinary requests. Durations in ms. */
export interface OutlierDetection {
  readonly consecutive5xx: number;
  readonly intervalMs: number;
  readonly baseEjectionMs: number;
  readonly maxEjectionPercent: number;
}

/** What an instance is chosen by, so that a client stays with it. */
export type Affinity =
  | { readonly kind: "header"; readonly name: string }
  /** `ttlMs` undefined: only the client sets the cookie; 0: a session cookie is set. */
  | { readonly kind: "cookie"; readonly name: string; readonly ttlMs: number | undefined }
  | { readonly kind: "sourceIp" }
  | { readonly kind: "queryParam"; readonly name: string };

export interface LoadBalancing {
  readonly policy: "roundRobin" | "leastRequest" | "random" | "ringHash" | "maglev";
  /** Of ring hash and maglev; undefined: the hash that a route's split has, else by chance. */
  readonly affinity: Affinity | undefined;
  /** A new instance's share grows over so many ms (round robin and least request); undefined: at once. */
  readonly slowStartMs: number | undefined;
}

/** Per proxy and subset; undefined: serin's own, which ordinary load does not meet. */
export interface CircuitBreakers {
  readonly maxConnections: number | undefined;
  readonly maxPendingRequests: number | undefined;
  readonly maxRequests: number | undefined;
  readonly maxRetries: number | undefined;
}

/** TLS from the proxies to the instances. */
export interface UpstreamTls {
  /** Name in the handshake; undefined: none. */
  readonly sni: string | undefined;
  /** Whose `ca` must have signed the instances' certificates; undefined: the system's authorities. */
  readonly ca: SecretName | undefined;
  /** Names of which the certificate must have one; empty: `sni`, where there is one. */
  readonly subjectAltNames: readonly string[];
  /** The proxy's own certificate (mTLS). */
  readonly certificate: SecretName | undefined;
}

/** How much of a subset's traffic a zone gets, and when. */
export interface LocalitySetting {
  readonly zone: string;
  /** Share among the zones of its priority; undefined: as many as its instances weigh. */
  readonly weight: number | undefined;
  /** 0 first; the next one while those before have too few healthy instances. */
  readonly priority: number;
}

/** Optional settings of a service: `services/<name>`. */
export interface ServiceSettings {
  readonly appProtocol: AppProtocol;
  /** In the order of the list, which is the order of the weighted clusters; empty: by version label. */
  readonly subsets: readonly Subset[];
  readonly timeouts: { readonly connectMs: number; readonly requestMs: number | undefined };
  readonly healthCheck: HealthCheck | undefined;
  readonly outlierDetection: OutlierDetection | undefined;
  readonly loadBalancing: LoadBalancing;
  readonly circuitBreakers: CircuitBreakers;
  readonly tls: UpstreamTls | undefined;
  /** For rules that say nothing of it. */
  readonly retry: Retry | undefined;
  readonly rateLimit: RateLimit | undefined;
  /** By zone; zones that are not listed: priority 0, by the weight of their instances. */
  readonly localities: readonly LocalitySetting[];
  /** Response header, lower case, that tells the version that really answered; undefined: none. */
  readonly servedVersionHeader: string | undefined;
  /** No resource depends on them. */
  readonly guard: readonly Guard[];
}

export const defaultSettings: ServiceSettings = {
  appProtocol: "http",
  subsets: [],
  timeouts: { connectMs: 1_000, requestMs: undefined },
  healthCheck: undefined,
  outlierDetection: undefined,
  loadBalancing: { policy: "roundRobin", affinity: undefined, slowStartMs: undefined },
  circuitBreakers: {
    maxConnections: undefined,
    maxPendingRequests: undefined,
    maxRequests: undefined,
    maxRetries: undefined,
  },
  tls: undefined,
  retry: undefined,
  rateLimit: undefined,
  localities: [],
  servedVersionHeader: undefined,
  guard: [],
};

/** Whether proxies may find an instance sick that serin takes for usable. */
export const looksAtHealth = ({
  healthCheck,
  outlierDetection,
}: Pick<ServiceSettings, "healthCheck" | "outlierDetection">): boolean =>
  healthCheck !== undefined || outlierDetection !== undefined;

/** A subset's weight in any unit; only the ratio counts. 0 means no traffic. */
export interface SubsetWeight {
  readonly subset: SubsetName;
  readonly weight: number;
}

/** What the release of a service, under way or the last one, means for its requests. */
export interface ServiceRelease {
  /** Of splits by hash that have none of their own. */
  readonly salt: string;
  /** In force, in their order: the first that matches wins. */
  readonly routes: readonly ManagedRoute[];
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
  /** Subsets that guards have taken out: `status/guards/<service>`. */
  readonly latched: ReadonlyMap<SubsetName, Latch>;
  /** Of `rollouts/<service>` and its status; undefined: there was none yet. */
  readonly release: ServiceRelease | undefined;
  /** By address, as `addressText` has it: `status/health/<service>`. For gRPC clients alone. */
  readonly sick: ReadonlyMap<string, Sickness>;
  /** Store keys this service was read from, sorted: the origin shown for its resources. */
  readonly origins: readonly string[];
}
