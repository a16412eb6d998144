/** How a release and the latches of a service stand, in the one word that a command takes as `expected`. */

import { seenText } from "../rollout/release/seen.ts";
import { findRelease } from "../rollout/release-reads.ts";
import { guardStatusIn, noLatches } from "../store/guard-status.ts";
import { guardStatusKey } from "../store/status-keys.ts";
import type { AdminSources } from "./sources.ts";

/** Where something of it cannot be read, a command is refused anyway. */
export function seenState(
  sources: Pick<AdminSources, "entries" | "release">,
  service: string,
): string {
  const entries = sources.entries();
  const rollout = sources.release(service)?.rollout;
  const found = rollout && findRelease(rollout, entries);
  if (found?.ok === true) {
    const { status, weights, guards } = found.value;
    return seenText({ rollout, status, weights, latched: guards.latched });
  }
  const read = guardStatusIn(entries.get(guardStatusKey(service)));
  const { latched } = read.ok ? read.value : noLatches;
  return seenText({ rollout, status: undefined, weights: undefined, latched });
}
