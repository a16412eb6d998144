/** Versions of services in release that can take no traffic; looked for only when the service has changed. */
import type { DesiredState } from "../model/desired-state.ts";
import type { Rollout } from "../model/rollout.ts";
import type { Service } from "../model/service.ts";
import type { Unable } from "../rollout/release/withdrawal.ts";
import { unableSubsets } from "../translate/split/unable-subsets.ts";

type Seen = Pick<DesiredState, "services" | "lanes">;

interface Found {
  readonly rollout: Rollout;
  readonly lanes: Seen["lanes"];
  readonly unable: Unable;
}

export class UnableVersions {
  readonly #found = new WeakMap<Service, Found>();

  of(rollout: Rollout, state: Seen): Unable {
    const { services, lanes } = state;
    const service = services.get(rollout.service);
    const known = service && this.#found.get(service);
    if (known?.rollout === rollout && known.lanes === lanes) return known.unable;
    const unable = unableSubsets(rollout, state);
    if (service !== undefined) this.#found.set(service, { rollout, lanes, unable });
    return unable;
  }
}
