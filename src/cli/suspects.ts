/**
 * Which raw resource it is that Envoy rejects: serin does not look into what people write there, and
 * Envoy names it seldom. One after the other is left out, until Envoy takes the rest.
 */
import { limits } from "../config/limits.ts";
import type { Resource } from "../snapshot/resource.ts";

/** Store key of a raw resource; undefined for the others. */
const rawOrigin = ({ origins }: Resource): string | undefined =>
  origins.find((origin) => origin.startsWith("resources/"));

export interface Suspects {
  /** Store keys without any one of which Envoy takes the rest. */
  readonly keys: readonly string[];
  /** Raw resources that were not tried. */
  readonly untried: number;
}

/** `accepts` asks an Envoy; `resources` are what it has rejected. */
export async function findSuspects(
  resources: readonly Resource[],
  accepts: (rest: readonly Resource[]) => Promise<boolean>,
): Promise<Suspects> {
  const origins = new Set(resources.map(rawOrigin).filter((origin) => origin !== undefined));
  const tried = [...origins].slice(0, limits.cli.suspects);
  const keys: string[] = [];
  for (const key of tried) {
    if (await accepts(resources.filter((each) => rawOrigin(each) !== key))) keys.push(key);
  }
  return { keys, untried: origins.size - tried.length };
}

/** One line for people; empty where there is nothing to say. */
export function suspectsText({ keys, untried }: Suspects): string {
  const left = untried === 0 ? "" : ` (${untried} more were not tried)`;
  if (keys.length === 0) return left === "" ? "" : `no raw resource alone is found to blame${left}`;
  return `without ${keys.join(" or ")} Envoy takes the rest${left}`;
}
