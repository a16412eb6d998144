import type { FailureWarnings } from "./failure-warnings.ts";
import { silentObserver, type XdsObserver } from "./observer.ts";

/**
 * What a user of the server is told while it works; all of it is optional. Callbacks are called on
 * the way of the messages: they must not wait. One that throws does no harm to the stream.
 */
export type XdsCallbacks = Partial<XdsObserver>;

/** Tells of an exception that a callback has thrown. */
export type CallbackFailed = (error: unknown, callback: string) => void;

/**
 * The callbacks as the hub calls them: complete, and none of them throws. What nobody else is told
 * of is a warning: a callback that fails, and a stream that ends by a failure.
 */
export function guardedCallbacks(
  callbacks: XdsCallbacks,
  onCallbackFailed: CallbackFailed | undefined,
  warnings: FailureWarnings,
): XdsObserver {
  const failed: CallbackFailed =
    onCallbackFailed ?? ((error, name) => warnings.tell(`the callback ${name} failed`, error));
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
    streamClosed: callbacks.streamClosed
      ? guard("streamClosed")
      : ({ bug }) => {
          if (bug !== undefined) warnings.tell("a stream ended with an internal error", bug);
        },
    pushed: guard("pushed"),
    acked: guard("acked"),
    nacked: guard("nacked"),
    // Not made where nobody asks: each costs an object a message.
    ...(callbacks.request && { request: guard("request") }),
    ...(callbacks.response && { response: guard("response") }),
  };
}
