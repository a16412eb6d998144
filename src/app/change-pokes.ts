/** What moves in this process, on its way to those who follow it (src/admin/events). */
import type { ChangeFeed } from "../admin/events/change-feed.ts";
import type { XdsCallbacks } from "../index.ts";
import type { AlertLog } from "../rollout/alert/alert-log.ts";
import { outboxPrefix } from "../rollout/alert/outbox-entry.ts";
import { guardStatusFolder, rolloutStatusFolder } from "../store/status-keys.ts";
import type { EntryTaps } from "./entry-taps.ts";

/** The callbacks of an observer, each after a poke. */
export function withPokes(
  observer: XdsCallbacks,
  changes: Pick<ChangeFeed, "proxiesMoved">,
): XdsCallbacks {
  const moved =
    <E>(then: ((event: E) => void) | undefined) =>
    (event: E): void => {
      changes.proxiesMoved();
      then?.(event);
    };
  return {
    ...observer,
    streamOpened: moved(observer.streamOpened),
    streamClosed: moved(observer.streamClosed),
    pushed: moved(observer.pushed),
    acked: moved(observer.acked),
    nacked: moved(observer.nacked),
  };
}

export function followAlerts(
  taps: Pick<EntryTaps, "add">,
  alerts: Pick<AlertLog, "put" | "gone">,
): void {
  taps.add([outboxPrefix], {
    start: ({ entries }) => {
      for (const entry of entries.values()) alerts.put(entry);
    },
    change: ({ puts, deletes }) => {
      for (const key of deletes) alerts.gone(key);
      for (const entry of puts) alerts.put(entry);
    },
  });
}

/** Much of a status is of no consequence for proxies, so that no build tells of it. */
export function followStatus(
  taps: Pick<EntryTaps, "add">,
  changes: Pick<ChangeFeed, "touched">,
): void {
  taps.add([rolloutStatusFolder, guardStatusFolder], {
    start: () => undefined,
    change: ({ puts, deletes }) => {
      for (const key of [...puts.map((entry) => entry.key), ...deletes]) {
        changes.touched(key.slice(key.lastIndexOf("/") + 1));
      }
    },
  });
}
