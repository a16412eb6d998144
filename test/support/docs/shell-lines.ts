/** Lines of a shell block as commands: quotes, backslashes, pipes and `do` go on to the next line. */
export interface LogicalCommand {
  /** Of its first line, from that of the block. */
  readonly offset: number;
  readonly text: string;
}

export function logicalCommands(lines: readonly string[]): readonly LogicalCommand[] {
  const commands: LogicalCommand[] = [];
  let begun: { offset: number; lines: string[] } | undefined;
  lines.forEach((line, offset) => {
    if (begun === undefined && (line.startsWith("# ") || line === "")) return;
    begun ??= { offset, lines: [] };
    begun.lines.push(line);
    const text = begun.lines.join("\n");
    if (goesOn(text)) return;
    commands.push({ offset: begun.offset, text });
    begun = undefined;
  });
  if (begun !== undefined) throw new Error(`a command without an end: ${lines[0]}`);
  return commands;
}

const goesOn = (text: string): boolean =>
  hasOpenQuote(text) || /(\\|\||&&|\bdo|\bthen|\{)$/.test(text.trimEnd());

function hasOpenQuote(text: string): boolean {
  let quote = "";
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at] ?? "";
    if (character === "\\" && quote !== "'") at += 1;
    else if (quote === "" && character === "#" && /\s/.test(text[at - 1] ?? "\n")) {
      const end = text.indexOf("\n", at);
      if (end === -1) break;
      at = end;
    } else if (quote === character) quote = "";
    else if (quote === "" && (character === "'" || character === '"')) quote = character;
  }
  return quote !== "";
}
