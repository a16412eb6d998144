/** What a person at a terminal gets, and a program that reads along does not. */
import { plainText } from "./table.ts";

/** The terminal behind an output stream. */
export interface Terminal {
  /** As wide and high as it is now. */
  size(): { readonly columns: number; readonly rows: number };
}

const csi = "\u001b[";

/** At most `columns` characters of it, so that it takes one line. */
export function fitted(line: string, columns: number): string {
  return line.length <= columns ? line : `${line.slice(0, Math.max(0, columns - 1))}…`;
}

/** A line that is written over again and again, and gone in the end. */
export class ProgressLine {
  readonly #write: (text: string) => unknown;
  readonly #terminal: Terminal;
  #shown = "";

  constructor(write: (text: string) => unknown, terminal: Terminal) {
    this.#write = write;
    this.#terminal = terminal;
  }

  show(text: string): void {
    // The last column stays free: some terminals begin a new line in it.
    const line = fitted(plainText(text), this.#terminal.size().columns - 1);
    if (line === this.#shown) return;
    this.#shown = line;
    this.#write(`\r${line}${csi}K`);
  }

  clear(): void {
    if (this.#shown !== "") this.#write(`\r${csi}K`);
    this.#shown = "";
  }
}
