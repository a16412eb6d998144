/**
 * The last lines a child process wrote. Bounded in lines and in characters per line, so that a
 * child which floods its log costs constant memory.
 */
export interface OutputRing {
  /** Takes raw output; a line counts once its newline came, or when it grew too long. */
  write(chunk: string): void;
  /** Calls `listener` for each further line; the returned function ends that. */
  onLine(listener: (line: string) => void): () => void;
  /** Kept lines, oldest first; an unfinished last line is included. */
  lines(): readonly string[];
}

export function createOutputRing(maxLines: number, maxLineChars: number): OutputRing {
  const kept: string[] = [];
  const listeners = new Set<(line: string) => void>();
  let partial = "";

  const push = (line: string): void => {
    const bounded = line.length > maxLineChars ? `${line.slice(0, maxLineChars)}…` : line;
    kept.push(bounded);
    if (kept.length > maxLines) kept.shift();
    for (const listener of [...listeners]) listener(bounded);
  };

  return {
    write(chunk) {
      const parts = (partial + chunk).split("\n");
      partial = parts.pop() ?? "";
      for (const part of parts) push(part.replace(/\r$/, ""));
      if (partial.length > maxLineChars) {
        push(partial);
        partial = "";
      }
    },
    onLine(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lines: () => (partial === "" ? [...kept] : [...kept, partial]),
  };
}
