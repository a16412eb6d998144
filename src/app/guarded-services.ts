/** The services that have guards, as the guards see them; looked for only when the state has changed. */
import type { DesiredState } from "../model/desired-state.ts";
import type { Guard } from "../model/guard.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Service } from "../model/service.ts";
import type { GuardedService } from "../rollout/guard/guarded-service.ts";
import { concerns, laneParts } from "../translate/split/lane-parts.ts";
import { splitOf } from "../translate/split/split.ts";
import { subsetsOf } from "../translate/split/subsets.ts";

type Seen = Pick<DesiredState, "services" | "rollouts" | "lanes">;

export class GuardedServices {
  #seen: Seen | undefined;
  #found: readonly GuardedService[] = [];

  /** The same list while services, rollouts and lanes are the same. */
  of(state: Seen): readonly GuardedService[] {
    const { services, rollouts, lanes } = state;
    const seen = this.#seen;
    const isSame = seen?.services === services && seen.rollouts === rollouts;
    if (isSame && seen.lanes === lanes) return this.#found;
    this.#seen = { services, rollouts, lanes };
    this.#found = [...services.values()].flatMap((service) => guarded(service, state));
    return this.#found;
  }
}

function guarded(service: Service, { rollouts, lanes }: Seen): readonly GuardedService[] {
  const guards = [...service.settings.guard, ...ofRelease(rollouts.get(service.name))];
  if (guards.length === 0) return [];
  // What is in a lane has traffic of its own, and no part of the split.
  const own = [...lanes.values()].filter((lane) => concerns(lane, service));
  const { baseline } = laneParts(service, own);
  const subsets = subsetsOf(baseline);
  const [stable, ...others] = subsets.map(({ name }) => name);
  if (stable === undefined) return [];
  const weights = service.weights ?? splitOf(baseline, subsets).shares;
  const usable = new Set(subsets.filter((each) => each.usable).map(({ name }) => name));
  return [{ name: service.name, guards, subsets: [stable, ...others], usable, weights }];
}

/** They watch the version that is released. */
function ofRelease(rollout: Rollout | undefined): readonly Guard[] {
  if (rollout === undefined) return [];
  return rollout.guard.map((guard) => ({ ...guard, subset: rollout.canary }));
}
