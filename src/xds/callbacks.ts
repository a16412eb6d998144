import { silentObserver, type XdsObserver } from "./observer.ts";

/**
 * What a user of the server is told while it works; all of it is optional. Callbacks are called on
 * the way of the messages: they must not wait. One that throws does no harm to the stream.
 */
export type XdsCallbacks = Partial<XdsObserver>;

/** Tells of an exception that a callback has thrown. */
export type CallbackFailed = (error: unknown, callback: string) => void;

/** The callbacks as the hub calls them: complete, and none of them throws. */
export function guardedCallbacks(callbacks: XdsCallbacks, failed: CallbackFailed): XdsObserver {
  const guard = <E>(name: keyof XdsObserver): ((event: E) => void) => {
    const call = callbacks[name] as ((event: E) => void) | undefined;
    if (call === undefined) return () => undefined;
    return (event) => {
      try {
        call.call(callbacks, event);
      } catch (error) {
        failed(error, name);
      }
    };
  };
  return {
    ...silentObserver,
    streamOpened: guard("streamOpened"),
    streamClosed: guard("streamClosed"),
    pushed: guard("pushed"),
    acked: guard("acked"),
    nacked: guard("nacked"),
    // Not made where nobody asks: each costs an object a message.
    ...(callbacks.request && { request: guard("request") }),
    ...(callbacks.response && { response: guard("response") }),
  };
}
