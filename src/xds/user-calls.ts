/**
 * Calls of what a user of the library wrote. Whatever fails there, at once or as a promise that is
 * rejected later, is told, and nothing of the server fails with it.
 */
import type { FailureWarnings } from "./failure-warnings.ts";

/** Tells of an exception that a callback has thrown, or with which its promise was rejected. */
export type CallbackFailed = (error: unknown, callback: string) => void;

/** `call`, which throws nothing and returns nothing; one that is missing does nothing. */
export function guarded<A extends readonly unknown[]>(
  call: ((...args: A) => unknown) | undefined,
  name: string,
  failed: CallbackFailed,
): (...args: A) => void {
  if (call === undefined) return () => undefined;
  return (...args) => {
    try {
      tellRejection(call(...args), name, failed);
    } catch (error) {
      failed(error, name);
    }
  };
}

/** What a callback returned may be a promise, for which nobody waits. */
export function tellRejection(returned: unknown, name: string, failed: CallbackFailed): void {
  if (isThenable(returned)) returned.then(undefined, (error) => failed(error, name));
}

interface Thenable {
  then(onFulfilled: undefined, onRejected: (error: unknown) => void): unknown;
}

const isThenable = (value: unknown): value is Thenable =>
  typeof value === "object" &&
  value !== null &&
  "then" in value &&
  typeof value.then === "function";

/** Tells the user; and the process, where there is nobody to tell, or where that fails as well. */
export function callbackFailed(
  onFailed: CallbackFailed | undefined,
  warnings: FailureWarnings,
): CallbackFailed {
  const warn: CallbackFailed = (error, name) => warnings.tell(`the callback ${name} failed`, error);
  if (onFailed === undefined) return warn;
  return (error, name) => {
    const warnOfBoth: CallbackFailed = (own, teller) => {
      warn(error, name);
      warn(own, teller);
    };
    guarded(onFailed, "onCallbackFailed", warnOfBoth)(error, name);
  };
}
