/** Checked guards, alerts and providers → the model, with the defaults filled in. */
import { assert } from "../../lib/assert.ts";
import type { Condition } from "../../lib/condition/condition.ts";
import { parseCondition } from "../../lib/condition/parse.ts";
import type { Alert } from "../../model/alert.ts";
import type { Guard, SignalProvider } from "../../model/guard.ts";
import type { SubsetName } from "../../model/names.ts";
import type { AlertValue } from "../schema/alert.ts";
import { defaultGuardName, type GuardValue } from "../schema/guard.ts";
import { type ProviderValue, withoutBraces } from "../schema/signal-provider.ts";
import { optionalMs } from "./traffic-content.ts";

/** What is looked at, and how sure one must be: of guards and metrics alike. */
export const defaultSample = { lookbackMs: 120_000, minRequests: 20, confidence: 0.99 } as const;

/** `watched`: the subset of a guard that names none; undefined: every one but the stable one. */
export const toGuards = (
  guards: readonly GuardValue[] | undefined,
  watched: SubsetName | undefined,
): readonly Guard[] => (guards ?? []).map((value) => toGuard(value, watched));

function toGuard(value: GuardValue, watched: SubsetName | undefined): Guard {
  const { setWeight = 0, latch = setWeight === 0, alerts } = value.onFailure ?? {};
  return {
    name: value.name ?? defaultGuardName,
    subset: (value.subset as SubsetName | undefined) ?? watched,
    provider: toProvider(value.provider),
    intervalMs: optionalMs(value.interval) ?? 4_000,
    lookbackMs: optionalMs(value.lookback) ?? defaultSample.lookbackMs,
    minRequests: value.minRequests ?? defaultSample.minRequests,
    confidence: value.confidence ?? defaultSample.confidence,
    hardTrip: toHardTrip(value.hardTrip),
    failureCondition: toCondition(value.failureCondition ?? "result.ratio5xx > 0.05"),
    failureLimit: value.failureLimit ?? 0,
    onFailure: {
      setWeight,
      latch,
      alerts: toAlerts(alerts, "error"),
    },
  };
}

function toHardTrip(value: GuardValue["hardTrip"]): Guard["hardTrip"] {
  if (value === false) return undefined;
  return { minRequests: value?.minRequests ?? 10, ratio: value?.ratio ?? 0.5 };
}

export const toAlerts = (
  alerts: readonly AlertValue[] | undefined,
  severity: Alert["severity"],
): readonly Alert[] =>
  (alerts ?? []).map(({ severity: own, webhook }) => ({
    severity: own ?? severity,
    webhook: {
      url: webhook.url,
      format: webhook.format ?? "generic",
      secretEnv: webhook.secretEnv,
    },
  }));

export function toProvider({ prometheus, web }: ProviderValue = {}): SignalProvider {
  if (prometheus !== undefined) return { kind: "prometheus", ...prometheus };
  if (web === undefined) return { kind: "envoy" };
  return { kind: "web", url: web.url, jsonPath: withoutBraces(web.jsonPath) };
}

export function toCondition(text: string): Condition {
  const parsed = parseCondition(text);
  assert(parsed.ok, "the schema has checked the condition");
  return parsed.value;
}
