/** The services that have guards, as the guards see them; looked for only when the state has changed. */
import type { DesiredState } from "../model/desired-state.ts";
import type { Guard } from "../model/guard.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Service } from "../model/service.ts";
import type { GuardedService } from "../rollout/guard/guarded-service.ts";
import { splitOf } from "../translate/split/split.ts";
import { subsetsOf } from "../translate/split/subsets.ts";

type Seen = Pick<DesiredState, "services" | "rollouts">;

export class GuardedServices {
  #seen: Seen | undefined;
  #found: readonly GuardedService[] = [];

  /** The same list while services and rollouts are the same. */
  of(state: Seen): readonly GuardedService[] {
    const { services, rollouts } = state;
    if (this.#seen?.services === services && this.#seen.rollouts === rollouts) return this.#found;
    this.#seen = { services, rollouts };
    this.#found = [...services.values()].flatMap((service) =>
      guarded(service, rollouts.get(service.name)),
    );
    return this.#found;
  }
}

function guarded(service: Service, rollout: Rollout | undefined): readonly GuardedService[] {
  const guards = [...service.settings.guard, ...ofRelease(rollout)];
  if (guards.length === 0) return [];
  const subsets = subsetsOf(service);
  const [stable, ...others] = subsets.map(({ name }) => name);
  if (stable === undefined) return [];
  const weights = service.weights ?? splitOf(service, subsets).shares;
  const usable = new Set(subsets.filter((each) => each.usable).map(({ name }) => name));
  return [{ name: service.name, guards, subsets: [stable, ...others], usable, weights }];
}

/** They watch the version that is released. */
function ofRelease(rollout: Rollout | undefined): readonly Guard[] {
  if (rollout === undefined) return [];
  return rollout.guard.map((guard) => ({ ...guard, subset: rollout.canary }));
}
