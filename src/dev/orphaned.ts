/**
 * When whoever started this process has gone. `npm start` runs `serin dev` by a shell: a signal to npm ends both of
 * them and leaves the node, with its Envoy, to nobody.
 */
import { limits } from "../config/limits.ts";

export interface Orphaned {
  readonly gone: Promise<void>;
  /** Looks no longer. */
  close(): void;
}

export function orphaned(parent: () => number = () => process.ppid): Orphaned {
  const first = parent();
  let close = (): void => {};
  const gone = new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      if (parent() === first) return;
      clearInterval(timer);
      resolve();
    }, limits.dev.parentPollMs);
    timer.unref();
    close = () => clearInterval(timer);
  });
  return { gone, close };
}
