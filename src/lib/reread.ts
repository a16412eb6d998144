/**
 * Reads files again while the process runs. It compares contents: whoever replaces a file renames another
 * one, writes into it, or turns a symbolic link, and events tell of some of these only.
 */
import type { Clock } from "./clock.ts";
import type { Result } from "./result.ts";

export interface Reread<T> {
  readonly clock: Clock;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
  read(): Promise<Result<T, string>>;
  /** Other content than before, or a failure other than the last one. */
  onChange(read: Result<T, string>): void;
}

/** Goes on until the returned function is called. */
export function reread<T extends { readonly content: string }>(
  { clock, everyMs, read, onChange }: Reread<T>,
  firstContent: string,
): () => void {
  let last = firstContent;
  let stopped = false;
  let cancel = (): void => {};
  const look = async (): Promise<void> => {
    const next = await read();
    if (stopped) return;
    const seen = next.ok ? next.value.content : next.error;
    if (seen !== last) onChange(next);
    last = seen;
    cancel = clock.after(everyMs, look);
  };
  cancel = clock.after(everyMs, look);
  return () => {
    stopped = true;
    cancel();
  };
}
