import type { DesiredState } from "../model/desired-state.ts";
import type { SignalProvider } from "../model/guard.ts";
import type { Rollout } from "../model/rollout.ts";

/** Services of which a guard or a release wants to know what proxies report of their requests. */
export function judgedServices({ services, rollouts }: DesiredState): ReadonlySet<string> {
  const judged = new Set<string>();
  for (const { name, settings } of services.values()) {
    if (settings.guard.some(asksProxies)) judged.add(name);
  }
  for (const rollout of rollouts.values()) {
    if (asksOf(rollout).some(asksProxies)) judged.add(rollout.service);
  }
  return judged;
}

interface Asking {
  readonly provider: SignalProvider;
}

const asksProxies = ({ provider }: Asking): boolean => provider.kind === "envoy";

const asksOf = ({ guard, background, steps }: Rollout): readonly Asking[] => [
  ...guard,
  ...background.metrics,
  ...steps.flatMap((step) => (step.kind === "analysis" ? step.metrics : [])),
];
