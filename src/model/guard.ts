/**
 * A guard: a rule that takes the weight from a version that fails, and keeps it away until somebody says
 * `retry`. Part of `services/<name>` and of `rollouts/<service>`.
 */
import type { Condition } from "../lib/condition/condition.ts";
import type { Alert } from "./alert.ts";
import type { SubsetName } from "./names.ts";

/** Where the figures of a rule come from. */
export type SignalProvider =
  /** The proxies' load reports: `result.ratio5xx`, `result.requests` and so on. */
  | { readonly kind: "envoy" }
  /** An instant query; its one sample is `result`. */
  | { readonly kind: "prometheus"; readonly address: string; readonly query: string }
  /** A GET that answers JSON; `jsonPath` leads to `result`, in the form `$.a.b[0]`. */
  | { readonly kind: "web"; readonly url: string; readonly jsonPath: string };

export interface Guard {
  readonly name: string;
  /** Undefined: every subset but the stable one, which is the first. */
  readonly subset: SubsetName | undefined;
  readonly provider: SignalProvider;
  /** Between looks. */
  readonly intervalMs: number;
  readonly lookbackMs: number;
  /** Fewer requests than these within the look-back are inconclusive. */
  readonly minRequests: number;
  /** One-sided, of the Wilson bound: 0.99. */
  readonly confidence: number;
  /** Trips without the bound; undefined: never. */
  readonly hardTrip: { readonly minRequests: number; readonly ratio: number } | undefined;
  readonly failureCondition: Condition;
  /** Looks in a row that may fail before the guard trips: 0, the first one does. */
  readonly failureLimit: number;
  readonly onFailure: {
    /** In per cent of the service's traffic. */
    readonly setWeight: number;
    /** Whether the version stays there until `retry`, whoever writes a weight. */
    readonly latch: boolean;
    readonly alerts: readonly Alert[];
  };
}
