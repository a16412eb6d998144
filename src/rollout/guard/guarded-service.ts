/** What guards have to know of a service: whom they watch, and what there is to be taken from it. */
import type { Guard } from "../../model/guard.ts";
import type { ServiceName, SubsetName } from "../../model/names.ts";
import type { SubsetWeight } from "../../model/service.ts";

export interface GuardedService {
  readonly name: ServiceName;
  /** Its own, and those of its release. */
  readonly guards: readonly Guard[];
  /** In their order: the first one is the stable one. At least one. */
  readonly subsets: readonly [SubsetName, ...SubsetName[]];
  /** Those that can take traffic: they have an instance, and no guard has taken them out. */
  readonly usable: ReadonlySet<SubsetName>;
  /** In force, whoever decides them; only the ratio counts. */
  readonly weights: readonly SubsetWeight[];
}

/** Whether its traffic has somewhere to go; else to take it out makes an outage of a partial failure. */
export const hasOther = ({ usable }: GuardedService, subset: SubsetName): boolean =>
  [...usable].some((each) => each !== subset);

/** One guard looks at one version. */
export interface Look {
  readonly guard: Guard;
  readonly subset: SubsetName;
  /** Which of the guards of that name: a guard of the release may be called as one of the service is. */
  readonly nth: number;
}

/** A guard that names no version watches all but the stable one. */
export function looksOf({ guards, subsets }: GuardedService): readonly Look[] {
  const [, ...others] = subsets;
  return guards.flatMap((guard, index) => {
    const nth = guards.slice(0, index).filter(({ name }) => name === guard.name).length;
    const watched = guard.subset === undefined ? others : [guard.subset];
    return watched.map((subset) => ({ guard, subset, nth }));
  });
}

export const lookName = ({ guard, subset, nth }: Look): string => `${guard.name} ${nth} ${subset}`;
