import { badArgument } from "../lib/bad-argument.ts";
import type { FailureWarnings } from "./failure-warnings.ts";
import { silentObserver, type XdsObserver } from "./observer.ts";
import type { ClientStatusOptions } from "./server/client-status.ts";
import type { ListenObserver } from "./server/listen.ts";
import { type CallbackFailed, guarded } from "./user-calls.ts";

/**
 * What a user of the server is told while it works; all of it is optional. Callbacks are called on
 * the way of the messages: they must not wait. One that throws, or whose promise is rejected, does no
 * harm to the stream.
 */
export type XdsCallbacks = Partial<XdsObserver>;

/**
 * The callbacks as the hub calls them: complete, and none of them throws. What nobody else is told
 * of is a warning: a callback that fails, and a stream that ends by a failure.
 */
export function guardedCallbacks(
  callbacks: XdsCallbacks,
  failed: CallbackFailed,
  warnings: FailureWarnings,
): XdsObserver {
  const guard = <E>(name: keyof XdsObserver): ((event: E) => void) =>
    guarded((callbacks[name] as ((event: E) => void) | undefined)?.bind(callbacks), name, failed);
  return {
    ...silentObserver,
    streamOpened: guard("streamOpened"),
    streamClosed: callbacks.streamClosed
      ? guard("streamClosed")
      : ({ bug }) => {
          if (bug !== undefined) warnings.tell("a stream ended with an internal error", bug);
        },
    pushed: guard("pushed"),
    acked: guard("acked"),
    nacked: guard("nacked"),
    loadStreamOpened: guard("loadStreamOpened"),
    loadStreamClosed: callbacks.loadStreamClosed
      ? guard("loadStreamClosed")
      : ({ bug }) => {
          if (bug !== undefined) warnings.tell("a stream of load reports ended with an error", bug);
        },
    loadReported: guard("loadReported"),
    // Whether there is one says whether statistics are taken at all.
    ...(callbacks.healthReported && { healthReported: guard("healthReported") }),
    ...(callbacks.latencyReported && { latencyReported: guard("latencyReported") }),
    healthRefused: callbacks.healthRefused
      ? guard("healthRefused")
      : ({ bug }) => {
          if (bug !== undefined) warnings.tell("a call with metrics ended with an error", bug);
        },
    // Not made where nobody asks: each costs an object a message.
    ...(callbacks.request && { request: guard("request") }),
    ...(callbacks.response && { response: guard("response") }),
  };
}

/** The same for what a port tells: it comes from timers and sockets, where nobody would catch it. */
export const guardedObserver = (
  observer: Partial<ListenObserver>,
  failed: CallbackFailed,
): ListenObserver => ({
  certificates: guarded(observer.certificates?.bind(observer), "certificates", failed),
  refused: guarded(observer.refused?.bind(observer), "refused", failed),
  statusAnswered: guarded(observer.statusAnswered?.bind(observer), "statusAnswered", failed),
  statusFailed: guarded(observer.statusFailed?.bind(observer), "statusFailed", failed),
});

/** What a user lets be seen of resources; where that fails, nothing. */
export function guardedStatus(
  options: ClientStatusOptions | undefined,
  failed: CallbackFailed,
): ClientStatusOptions | undefined {
  const show = options?.show?.bind(options);
  if (options === undefined || show === undefined) return options;
  return {
    ...options,
    show: (resource) => {
      try {
        const shown: unknown = show(resource);
        if (shown === undefined || shown instanceof Uint8Array) return shown;
        throw badArgument("clientStatus: show", "bytes or undefined", shown);
      } catch (error) {
        failed(error, "show");
        return undefined;
      }
    },
  };
}
