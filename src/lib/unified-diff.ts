/** The difference of two texts, as diff -u shows it. */

/** Lines of context around a change. */
const contextLines = 3;

interface Edit {
  readonly mark: " " | "-" | "+";
  readonly line: string;
}

const same = (line: string): Edit => ({ mark: " ", line });
const minus = (line: string): Edit => ({ mark: "-", line });
const plus = (line: string): Edit => ({ mark: "+", line });

/**
 * Without the two lines of its head; empty where the texts are the same. `mostSteps`: pairs of lines that are
 * compared, 4 bytes each; of longer texts the middle is shown whole.
 */
export function unifiedDiff(before: string, after: string, mostSteps: number): string {
  const edits = editsOf(linesOf(before), linesOf(after), mostSteps);
  const changed = edits.flatMap(({ mark }, at) => (mark === " " ? [] : [at]));
  let text = "";
  let from: number | undefined;
  for (const [index, at] of changed.entries()) {
    from ??= at;
    const next = changed[index + 1];
    if (next !== undefined && next - at <= 2 * contextLines) continue;
    text += hunk(edits, from - contextLines, at + contextLines + 1);
    from = undefined;
  }
  return text;
}

const linesOf = (text: string): readonly string[] =>
  text === "" ? [] : text.replace(/\n$/, "").split("\n");

function hunk(edits: readonly Edit[], from: number, to: number): string {
  const first = Math.max(0, from);
  const shown = edits.slice(first, to);
  const count = (among: readonly Edit[], not: Edit["mark"]): number =>
    among.filter(({ mark }) => mark !== not).length;
  const range = (not: Edit["mark"]): string => {
    const length = count(shown, not);
    const start = count(edits.slice(0, first), not) + (length === 0 ? 0 : 1);
    return length === 1 ? String(start) : `${start},${length}`;
  };
  const lines = shown.map(({ mark, line }) => `${mark}${line}\n`);
  return `@@ -${range("+")} +${range("-")} @@\n${lines.join("")}`;
}

function editsOf(
  before: readonly string[],
  after: readonly string[],
  mostSteps: number,
): readonly Edit[] {
  let head = 0;
  while (head < before.length && head < after.length && before[head] === after[head]) head++;
  let tail = 0;
  const most = Math.min(before.length, after.length) - head;
  while (tail < most && before.at(-1 - tail) === after.at(-1 - tail)) tail++;
  return [
    ...before.slice(0, head).map(same),
    ...middle(
      before.slice(head, before.length - tail),
      after.slice(head, after.length - tail),
      mostSteps,
    ),
    ...before.slice(before.length - tail).map(same),
  ];
}

/** By the longest common subsequence. */
function middle(
  before: readonly string[],
  after: readonly string[],
  mostSteps: number,
): readonly Edit[] {
  const steps = (before.length + 1) * (after.length + 1);
  if (steps > mostSteps) return [...before.map(minus), ...after.map(plus)];
  const common = commonLengths(before, after);
  const edits: Edit[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    const [one, other] = [before[i], after[j]];
    if (one !== undefined && one === other) {
      edits.push(same(one));
      i++;
      j++;
    } else if (one !== undefined && (other === undefined || common(i + 1, j) >= common(i, j + 1))) {
      edits.push(minus(one));
      i++;
    } else if (other !== undefined) {
      edits.push(plus(other));
      j++;
    }
  }
  return edits;
}

/** Of what is left of both texts from these lines on. */
function commonLengths(
  before: readonly string[],
  after: readonly string[],
): (i: number, j: number) => number {
  const width = after.length + 1;
  const longest = new Uint32Array((before.length + 1) * width);
  const at = (i: number, j: number): number => longest[i * width + j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      longest[i * width + j] =
        before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  return at;
}
