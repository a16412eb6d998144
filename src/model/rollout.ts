/**
 * A progressive release: `rollouts/<service>`. Names of steps and of analysis are Argo Rollouts', those of
 * webhooks and alerts Flagger's, windows those of Argo CD (notes in docs/adr).
 */
import type { Condition } from "../lib/condition/condition.ts";
import type { Alert } from "./alert.ts";
import type { Guard, SignalProvider } from "./guard.ts";
import type { ServiceName, SubsetName } from "./names.ts";
import type { NamedMatch } from "./route.ts";

/** Requests that a managed route is about; all conditions hold. */
export interface ManagedMatch {
  readonly headers: readonly NamedMatch[];
}

export type RolloutStep =
  /** In per cent of the service's traffic, at most two decimals. */
  | { readonly kind: "setWeight"; readonly percent: number }
  /** Undefined: until somebody says `promote`. */
  | { readonly kind: "pause"; readonly durationMs: number | undefined }
  /** No matches: the route of that name goes. */
  | {
      readonly kind: "setHeaderRoute";
      readonly name: string;
      readonly match: readonly ManagedMatch[];
    }
  | {
      readonly kind: "setMirrorRoute";
      readonly name: string;
      readonly match: readonly ManagedMatch[];
      readonly percent: number;
    }
  | { readonly kind: "analysis"; readonly metrics: readonly AnalysisMetric[] };

/** A question that is put again and again. */
export interface AnalysisMetric {
  readonly name: string;
  readonly provider: SignalProvider;
  readonly intervalMs: number;
  readonly initialDelayMs: number;
  /** Measurements that end it; undefined: it goes on while the release does (background only). */
  readonly count: number | undefined;
  readonly lookbackMs: number;
  readonly minRequests: number;
  readonly confidence: number;
  readonly judge:
    | {
        readonly kind: "conditions";
        readonly success: Condition | undefined;
        readonly failure: Condition | undefined;
      }
    /** A sequential test of the canary's error rate against the stable version's. */
    | { readonly kind: "compare"; readonly maxDelta: number };
  /** More failed measurements than these fail the analysis. */
  readonly failureLimit: number;
  readonly inconclusiveLimit: number;
  readonly consecutiveErrorLimit: number;
  /** Measured and told, without consequences. */
  readonly dryRun: boolean;
}

/** A gate: a POST that must answer 2xx. */
export interface RolloutWebhook {
  readonly name: string;
  readonly type:
    | "confirm-rollout"
    | "pre-rollout"
    | "rollout"
    | "confirm-traffic-increase"
    | "confirm-promotion"
    | "post-rollout"
    | "rollback"
    | "event";
  readonly url: string;
  readonly timeoutMs: number;
}

/** When a release may go forward, as a cron schedule and a duration. Never stops an abort. */
export interface RolloutWindow {
  readonly kind: "allow" | "deny";
  readonly schedule: string;
  readonly durationMs: number;
  readonly timeZone: string;
}

export interface Rollout {
  readonly service: ServiceName;
  readonly stable: SubsetName;
  readonly canary: SubsetName;
  /** Presets are expanded. At least one. */
  readonly steps: readonly RolloutStep[];
  readonly background: {
    readonly metrics: readonly AnalysisMetric[];
    /** Index of the first step that it watches. */
    readonly startingStep: number;
  };
  /** Besides those of the service; each is about the canary. */
  readonly guard: readonly Guard[];
  /** A person holds it in the object itself. */
  readonly paused: boolean;
  /** Of one step, without what it waits for on purpose. */
  readonly progressDeadlineMs: number;
  readonly progressDeadlineAbort: boolean;
  readonly webhooks: readonly RolloutWebhook[];
  readonly alerts: readonly Alert[];
  readonly windows: readonly RolloutWindow[];
  /** Hash of what is released and how: another one is another release. */
  readonly specHash: string;
}
