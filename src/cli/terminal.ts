/** What a person at a terminal gets, and a program that reads along does not. */
import type { CliContext } from "./context.ts";
import { colouring, plainText, shownLength } from "./table.ts";
import { beginning, textWidth } from "./text-width.ts";

/** The terminal behind an output stream. */
export interface Terminal {
  /** As wide and high as it is now. */
  size(): { readonly columns: number; readonly rows: number };
}

const csi = "\u001b[";
const colours = { red: 31, green: 32, yellow: 33, cyan: 36, dim: 2 } as const;

export type Paint = (colour: keyof typeof colours, text: string) => string;

export const unpainted: Paint = (_colour, text) => text;

/** For standard output: colours for a terminal, unless https://no-color.org says otherwise. */
export function paintFor({ io, env }: CliContext): Paint {
  const without = (env["NO_COLOR"] ?? "") !== "" || env["TERM"] === "dumb";
  if (io.outTerminal === undefined || without) return unpainted;
  return (colour, text) => `${csi}${colours[colour]}m${text}${csi}0m`;
}

/** At most `columns` of it, so that it takes one line. */
export function fitted(line: string, columns: number): string {
  if (shownLength(line) <= columns) return line;
  let room = Math.max(0, columns - 1);
  const parts = line.split(colouring).map((part, at) => {
    if (at % 2 === 1) return part;
    const shown = beginning(part, room);
    room -= textWidth(shown);
    return shown;
  });
  return `${parts.join("")}…`;
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

/** A block of lines that is drawn again in its place. */
export class Redrawn {
  readonly #write: (text: string) => unknown;
  readonly #terminal: Terminal;
  #lines = 0;

  constructor(write: (text: string) => unknown, terminal: Terminal) {
    this.#write = write;
    this.#terminal = terminal;
  }

  /** What does not fit is counted, as lines that have scrolled away cannot be written over. */
  draw(lines: readonly string[]): void {
    const { columns, rows } = this.#terminal.size();
    const room = Math.max(2, rows - 1);
    const rest = lines.length - (room - 1);
    const shown =
      lines.length <= room ? lines : [...lines.slice(0, room - 1), `… ${rest} more lines`];
    const up = this.#lines === 0 ? "" : `\r${csi}${this.#lines}A`;
    const text = shown.map((line) => `${fitted(line, columns - 1)}${csi}K\n`).join("");
    this.#write(`${up}${text}${csi}J`);
    this.#lines = shown.length;
  }
}
