/** What differs between two texts, line by line, for the history: before and after of an object. */

export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Objects are short; beyond this all lines are shown as removed and added. */
const mostLines = 400;

/** By the longest common subsequence. */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [old, now] = [linesOf(before), linesOf(after)];
  if (old.length > mostLines || now.length > mostLines) {
    return [...old.map(line("removed")), ...now.map(line("added"))];
  }
  const lengths = commonLengths(old, now);
  const result: DiffLine[] = [];
  let [i, j] = [0, 0];
  while (i < old.length || j < now.length) {
    if (i < old.length && j < now.length && old[i] === now[j]) {
      result.push({ kind: "same", text: old[i] ?? "" });
      i += 1;
      j += 1;
    } else if (
      j >= now.length ||
      (i < old.length && at(lengths, i + 1, j) >= at(lengths, i, j + 1))
    ) {
      result.push({ kind: "removed", text: old[i] ?? "" });
      i += 1;
    } else {
      result.push({ kind: "added", text: now[j] ?? "" });
      j += 1;
    }
  }
  return result;
}

const linesOf = (text: string): readonly string[] => (text === "" ? [] : text.split("\n"));

const line =
  (kind: DiffLine["kind"]) =>
  (text: string): DiffLine => ({ kind, text });

const at = (table: readonly (readonly number[])[], i: number, j: number): number =>
  table[i]?.[j] ?? 0;

/** At [i][j]: of the lines from i of the one and from j of the other. */
function commonLengths(
  old: readonly string[],
  now: readonly string[],
): readonly (readonly number[])[] {
  const table = Array.from({ length: old.length + 1 }, () =>
    new Array<number>(now.length + 1).fill(0),
  );
  for (let i = old.length - 1; i >= 0; i -= 1) {
    for (let j = now.length - 1; j >= 0; j -= 1) {
      const row = table[i];
      if (row === undefined) continue;
      row[j] =
        old[i] === now[j]
          ? at(table, i + 1, j + 1) + 1
          : Math.max(at(table, i + 1, j), at(table, i, j + 1));
    }
  }
  return table;
}

/** A recorded value as text; JSON is shown with a line for each member, null is nothing. */
export function recordedText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (typeof value !== "string") return JSON.stringify(value, null, 2);
  try {
    return JSON.stringify(JSON.parse(value), null, 2);
  } catch {
    return value.trimEnd();
  }
}
