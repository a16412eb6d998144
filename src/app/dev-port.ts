import { createServer } from "node:net";
import { err, ok, type Result } from "../lib/result.ts";

/** A port to listen on, and what to say where it is not the wanted one. */
export interface ChosenPort {
  readonly port: number;
  readonly note: string | undefined;
}

/** `fixed`: the port was asked for by name, so another one would be no answer. */
export async function choosePort(
  wanted: number,
  fixed: boolean,
): Promise<Result<ChosenPort, string>> {
  const port = await portOr(wanted);
  if (port === wanted) return ok({ port, note: undefined });
  if (fixed) return err(`port ${wanted} is busy: name another one with --port, or none`);
  return ok({ port, note: `${wanted} is busy, so ${port}` });
}

/** `wanted` if it is free, else any free port. */
export function portOr(wanted: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", () =>
      wanted === 0 ? reject(new Error("no free port")) : resolve(portOr(0)),
    );
    probe.listen(wanted, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : wanted;
      probe.close(() => resolve(port));
    });
  });
}
