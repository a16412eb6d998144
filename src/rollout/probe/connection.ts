/** What probes of all kinds need: a connection to the instance, and an end to what they wait for. */
import { connect, type Socket } from "node:net";
import type { Address } from "../../model/instance.ts";

/** To the address as it is: no name is looked up, and no proxy of the environment is asked. */
export const openSocket = ({ host, port }: Address): Socket =>
  connect({ host, port, noDelay: true });

/** Waits for whatever `start` settles, or the signal; `end` is called in either case. */
export function endedBy<T>(
  signal: AbortSignal,
  end: () => void,
  start: (resolve: (value: T) => void, reject: (error: unknown) => void) => void,
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const given = (): void => reject(signal.reason);
    if (signal.aborted) given();
    signal.addEventListener("abort", given, { once: true });
    start(resolve, reject);
  }).finally(end);
}
