/** The shares of versions, before and after. */
import { compareText } from "../lib/compare-text.ts";
import type { DesiredState } from "../model/desired-state.ts";
import type { ServiceName } from "../model/names.ts";
import { changedValues } from "../translate/layered-map.ts";
import type { Translation } from "../translate/translate.ts";
import type { SplitKeys } from "../translate/weights/split-keys.ts";

/** Percent of the service's traffic. */
type Shares = Readonly<Record<string, number>>;

export interface WeightChange {
  readonly service: string;
  /** By version; null: there is no such service. */
  readonly before: Shares | null;
  readonly after: Shares | null;
}

/** A state, and what translate makes of it. */
export interface Translated {
  readonly services: DesiredState["services"];
  readonly translation: Translation;
}

export function weightChanges(was: Translated, becomes: Translated): readonly WeightChange[] {
  const changes: WeightChange[] = [];
  for (const service of differing(was, becomes)) {
    const before = sharesOf(was.translation.weights.splitOf(service));
    const after = sharesOf(becomes.translation.weights.splitOf(service));
    if (JSON.stringify(before) === JSON.stringify(after)) continue;
    changes.push({ service, before, after });
  }
  return changes.sort((a, b) => compareText(a.service, b.service));
}

/** A split follows from the service and from lanes, and is in the resources of the service. */
function differing(was: Translated, becomes: Translated): ReadonlySet<ServiceName> {
  const names = new Set<ServiceName>();
  for (const [name, service] of becomes.services) {
    if (was.services.get(name) !== service) names.add(name);
  }
  for (const name of was.services.keys()) if (!becomes.services.has(name)) names.add(name);
  const [before, after] = [was.translation.services, becomes.translation.services];
  // Where services came or went, one by one.
  for (const owner of changedValues(before, after) ?? after.keys()) {
    if (before.get(owner) === after.get(owner)) continue;
    names.add(owner.slice(owner.indexOf("/") + 1) as ServiceName);
  }
  return names;
}

/** Units of a share, of which 100 are a percent. */
const unitsPerPercent = 100;

function sharesOf(split: SplitKeys | undefined): Shares | null {
  if (split === undefined) return null;
  const { service, weights } = split;
  return Object.fromEntries(
    [...weights].map(([name, weight]) => [
      name.startsWith(`${service}/`) ? name.slice(service.length + 1) : name,
      weight / unitsPerPercent,
    ]),
  );
}
