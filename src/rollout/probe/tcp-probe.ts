import { connect, type Socket } from "node:net";
import type { Address } from "../../model/instance.ts";
import type { ProbeOutcome } from "./probe.ts";

/** Whether a connection can be made. Rejects where it cannot. */
export function tcpProbe(address: Address, signal: AbortSignal): Promise<ProbeOutcome> {
  const socket = openSocket(address);
  return endedBy(
    signal,
    () => socket.destroy(),
    (resolve, reject) => {
      socket.once("error", reject);
      socket.once("connect", () => resolve({ kind: "well" }));
    },
  );
}

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
