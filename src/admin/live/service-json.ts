/** What people see of a service at a glance, as JSON. */
import type { ReleaseJson } from "../release-json.ts";

export interface ServiceSummary {
  readonly service: string;
  /** In the order in which the versions are served. */
  readonly split: readonly SplitJson[];
  /**
   * `route`: every route that leads to it names its versions, so the weights count at its own name alone.
   * `release`: the weights, which a release under way writes. `tags`: there are no weights, and the
   * instances' own tags decide.
   */
  readonly decidedBy: "weights" | "tags" | "route" | "release";
  /** null: there is none. */
  readonly release: ReleaseJson | null;
  /** The worst that a guard says of any of its versions; `none`: no guard watches it. */
  readonly guard: GuardWord;
  readonly alerts: { readonly waiting: number; readonly lost: number };
  /** In force, of its own keys. */
  readonly diagnostics: { readonly errors: number; readonly warnings: number };
  readonly figures: readonly VersionFigures[];
}

export type GuardWord = "none" | "pass" | "hold" | "fail" | "latched";

export interface SplitJson {
  readonly version: string;
  /** 0 to 100, as Envoys get it. */
  readonly percent: number;
  /** As somebody has set it; null: nobody has. Only the ratio counts. */
  readonly weight: number | null;
  /** Those that get new requests. */
  readonly instances: number;
}

/** Requests of a version over the last step, as the proxies of the replica that answers reported them. */
export interface VersionFigures {
  readonly version: string;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  /** 0 to 1; null: there were no requests. */
  readonly errorRatio: number | null;
  /** null: not known. */
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly inProgress: number;
  /** Since the proxy was heard that has been silent for longest; null: nobody has reported requests. */
  readonly ageMs: number | null;
}

export interface ServiceJson extends ServiceSummary {
  readonly instances: readonly InstanceJson[];
  /** Keys of the routes that name it. */
  readonly routes: readonly string[];
}

export interface InstanceJson {
  readonly id: string;
  readonly address: string;
  readonly version: string;
  /** Share among the instances, not a percentage. */
  readonly weight: number;
  readonly zone: string;
  /**
   * `draining`: its weight is 0, and it gets no new requests. `unhealthy`: serin's probes or all proxies find
   * it sick. `unknown`: proxies find some instance of its version sick, and do not say which.
   */
  readonly state: "serving" | "draining" | "unhealthy" | "unknown";
}

export interface ServiceFiguresJson {
  readonly stepMs: number;
  /** Oldest first. */
  readonly points: readonly {
    /** Wall clock. */
    readonly atMs: number;
    readonly versions: readonly VersionFigures[];
  }[];
}

export interface AlertJson {
  readonly id: string;
  /** ISO 8601. */
  readonly at: string;
  readonly service: string;
  /** null: the alert names none. */
  readonly subset: string | null;
  /** One line. */
  readonly what: string;
  readonly message: string;
  /** Its host alone: paths and queries of webhooks are secrets. */
  readonly receiver: string;
  /** `lost`: given up or dropped by the replica that answers. */
  readonly state: "waiting" | "delivered" | "lost";
}
