/**
 * What a document says that a command prints, held against what it printed. Counts, times, hashes and the
 * width of columns differ from run to run; words, and numbers behind `=`, do not. `…` stands for any text.
 */
export function isAsShown(shown: string, printed: string): boolean {
  const wanted = linesOf(shown);
  const got = linesOf(printed);
  return (
    wanted.length === got.length && wanted.every((line, at) => pattern(line).test(got[at] ?? ""))
  );
}

const linesOf = (text: string): readonly string[] =>
  text
    .split("\n")
    .map((line) => line.trimEnd())
    .filter((line) => line !== "");

function pattern(line: string): RegExp {
  const parts = line.split(
    /(…|SYNCED \S+ \d+m?s|\s+|(?<![\w=.])\d+(?:\.\d+)?(?=[\s%),:;]|m?s\b|$))/,
  );
  const source = parts.map((part, at) => {
    if (at % 2 === 0) return part.replaceAll(/[.*+?^${}()|[\]\\/-]/g, "\\$&");
    if (part === "…") return ".*";
    if (part.startsWith("SYNCED")) return String.raw`SYNCED \S+ \d+m?s`;
    return /^\s/.test(part) ? String.raw`\s+` : String.raw`\d+(?:\.\d+)?`;
  });
  return new RegExp(`^${source.join("")}$`);
}
