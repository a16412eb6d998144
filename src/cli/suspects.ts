/**
 * Which of the resources that people write themselves it is that Envoy rejects: serin does not look into
 * them, and Envoy names them seldom. Each is shown for itself, with all that serin has made; where none is
 * rejected so, one after the other is left out, until Envoy takes the rest.
 */
import { limits } from "../config/limits.ts";

export interface Suspects<T> {
  readonly found: readonly { readonly suspect: T; readonly message: string }[];
  /** Whether all of them must go; otherwise Envoy takes the rest without any one of them. */
  readonly together: boolean;
  /** How many were not tried. */
  readonly untried: number;
}

/**
 * `said`: what Envoy says of these, beside what serin has made; undefined: it takes them. `message` is what
 * it says of all.
 */
export async function findSuspects<T>(
  all: readonly T[],
  message: string,
  said: (those: readonly T[]) => Promise<string | undefined>,
): Promise<Suspects<T>> {
  const tried = all.slice(0, limits.cli.suspects);
  const untried = all.length - tried.length;
  const alone: { suspect: T; message: string }[] = [];
  for (const suspect of tried) {
    const reason = await said([suspect]);
    if (reason !== undefined) alone.push({ suspect, message: reason });
  }
  const rest = all.filter((each) => alone.every(({ suspect }) => suspect !== each));
  if (alone.length > 0 && (await said(rest)) === undefined) {
    return { found: alone, together: true, untried };
  }
  const found: { suspect: T; message: string }[] = [];
  for (const suspect of tried) {
    const others = all.filter((each) => each !== suspect);
    if ((await said(others)) === undefined) found.push({ suspect, message });
  }
  return { found, together: false, untried };
}

/** One line for people; empty where there is nothing to say. */
export function suspectsText(keys: readonly string[], { together, untried }: Suspects<unknown>) {
  const left = untried === 0 ? "" : ` (${untried} more were not tried)`;
  if (keys.length === 0) return left === "" ? "" : `no raw resource alone is found to blame${left}`;
  return `without ${keys.join(together ? " and " : " or ")} Envoy takes the rest${left}`;
}
