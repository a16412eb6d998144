import type { Address } from "../../model/instance.ts";
import { endedBy, openSocket } from "./connection.ts";
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
