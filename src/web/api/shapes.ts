/** What the admin API answers, as far as the page reads it. */

export interface ServiceSummary {
  readonly service: string;
  readonly split: readonly SplitPart[];
  readonly decidedBy: "weights" | "tags" | "route" | "release";
  readonly release: Release | null;
  readonly guard: GuardWord;
  readonly alerts: { readonly waiting: number; readonly lost: number };
  readonly diagnostics: { readonly errors: number; readonly warnings: number };
  readonly figures: readonly VersionFigures[];
}

export type GuardWord = "none" | "pass" | "hold" | "fail" | "latched";

export interface SplitPart {
  readonly version: string;
  readonly percent: number;
  readonly weight: number | null;
  readonly instances: number;
}

export interface VersionFigures {
  readonly version: string;
  readonly requestsPerSecond: number;
  readonly errorsPerSecond: number;
  readonly errorRatio: number | null;
  readonly latencyMs: { readonly p50: number; readonly p99: number } | null;
  readonly inProgress: number;
  readonly ageMs: number | null;
}

export interface FigurePoint {
  readonly atMs: number;
  readonly versions: readonly VersionFigures[];
}

export interface Figures {
  readonly stepMs: number;
  readonly points: readonly FigurePoint[];
}

export interface Instance {
  readonly id: string;
  readonly address: string;
  readonly version: string;
  readonly weight: number;
  readonly zone: string;
  readonly state: "serving" | "draining" | "unhealthy" | "unknown";
}

export interface ServiceDetail extends ServiceSummary {
  readonly instances: readonly Instance[];
  readonly routes: readonly string[];
}

export type Phase = "Pending" | "Progressing" | "Paused" | "Degraded" | "Healthy";

export interface Release {
  readonly stable: string;
  readonly canary: string;
  readonly phase: Phase;
  readonly step: number;
  readonly steps: number;
  readonly stepName: string;
  readonly weights: Readonly<Record<string, number>>;
  readonly waitsFor: string | null;
  readonly message: string;
  readonly detail: string | null;
  readonly held: boolean;
  readonly aborted: { readonly at: string; readonly by: string; readonly reason: string } | null;
}

export interface GuardLook {
  readonly guard: string;
  readonly subset: string;
  readonly verdict: "pass" | "fail" | "hold" | "latched";
  readonly reason: string;
}

export interface Latch {
  readonly subset: string;
  readonly guard: string;
  readonly at: string;
  readonly evidence: string;
}

export interface RolloutView {
  readonly service: string;
  readonly leads: boolean;
  readonly release: Release | null;
  readonly guards: readonly GuardLook[];
  readonly latched: readonly Latch[];
}

export interface Alert {
  readonly id: string;
  readonly at: string;
  readonly service: string;
  readonly subset: string | null;
  readonly what: string;
  readonly message: string;
  readonly receiver: string;
  readonly state: "waiting" | "delivered" | "lost";
}

export interface StoreView {
  readonly store: string;
  readonly connected: boolean;
  readonly message: string;
  readonly revision: number | null;
}

export type Role = "viewer" | "operator" | "admin";

export interface Me {
  readonly name: string | null;
  readonly role: Role;
}

export interface ProxyCounts {
  readonly connected: number;
  readonly synced: number;
  readonly pending: number;
  readonly stale: number;
  readonly nacked: number;
}

export interface Hello {
  readonly version: string;
  readonly revision: number | null;
  readonly store: StoreView;
  readonly you: Me;
}

export interface Changed {
  readonly revision: number;
  readonly keys: readonly string[];
  readonly more: number;
}

export interface Diagnostic {
  readonly severity: "error" | "warning";
  readonly code: string;
  readonly key: string;
  readonly path: string;
  readonly message: string;
  readonly revision: number;
}

export interface PlanView {
  readonly objects: readonly { readonly key: string; readonly result: string }[];
  readonly weights: readonly {
    readonly service: string;
    readonly before: Readonly<Record<string, number>> | null;
    readonly after: Readonly<Record<string, number>> | null;
  }[];
  readonly resources: readonly {
    readonly place: string;
    readonly type: string;
    readonly added: readonly string[];
    readonly changed: readonly string[];
    readonly removed: readonly string[];
  }[];
  readonly diagnostics: readonly Diagnostic[];
  /** Whose resources would be others, of those at the replica that answers. */
  readonly proxies: { readonly connected: number; readonly affected: number };
}

export interface WeightsView {
  readonly service: string;
  readonly weights: Readonly<Record<string, number>> | null;
  readonly revision: number;
}

export interface ProxyType {
  readonly type: string;
  readonly versionSent: string | null;
  readonly versionAcked: string | null;
  readonly status: "SYNCED" | "PENDING" | "STALE" | "NACKED";
  readonly nack?: {
    readonly version: string;
    readonly message: string;
    readonly names: readonly string[];
  };
  readonly ageMs: number;
}

export interface ConnectedProxy {
  readonly node: string;
  readonly cluster: string;
  readonly userAgent: string;
  readonly peer: string;
  readonly variant: "sotw" | "delta";
  readonly view: string | null;
  readonly connectedSince: string;
  readonly types: readonly ProxyType[];
  readonly applied?: boolean;
}

export interface RecordedChange {
  readonly key: string;
  readonly before: unknown;
  readonly after: unknown;
}

export type HistoryRow =
  | {
      readonly kind: "record";
      readonly id: string;
      readonly revision: number;
      readonly at: string;
      readonly by: string;
      readonly why: string;
      readonly changes: readonly RecordedChange[];
    }
  | { readonly kind: "gap"; readonly changes: readonly RecordedChange[] };

export interface HistoryView {
  readonly service: string;
  readonly rows: readonly HistoryRow[];
}

export interface StoredObject {
  readonly key: string;
  readonly modRevision: number;
  readonly value?: unknown;
  readonly broken?: string;
}
