/**
 * How large a regular expression becomes as a program of RE2 in C++, which Envoy bounds. The port in
 * JavaScript builds the same tree and almost the same program; what differs is counted upwards here:
 * a class is one instruction there and one per range in C++, which has jumps in the place of forks.
 * https://github.com/google/re2/blob/main/re2/compile.cc (Latin-1), prog.cc (Prog::Flatten)
 */
import { RE2JS } from "re2js";

/** One instruction of the port's program, as far as it is counted. */
interface Instruction {
  readonly op: number;
  /** The next instruction, and of a fork the other one; else what the operation says. */
  readonly out: number;
  readonly arg: number;
  readonly runes: ArrayLike<number>;
}

interface Program {
  readonly inst: readonly Instruction[];
  readonly start: number;
}

/** Operations of the port: forks and empty steps come first, what reads a character last. */
const op = { altMatch: 2, emptyWidth: 4, fail: 5, match: 6, nop: 7, rune: 8 } as const;
const foldCase = 1;

/** Instructions around every program: fail, match, and the search for a place to begin. */
const frame = 4;

/**
 * At least as many instructions as Envoy counts; `bytes` is the expression as Envoy reads it, one
 * character per byte. Throws what the port throws where it is no expression of RE2.
 */
export function programSizeBound(bytes: string): number {
  const prog = compiled(bytes);
  const { inst, start } = bytes.includes("|") ? compiled(withMarks(bytes)) : prog;
  const seen = new Set<number>();
  const shared = new Set<number>();
  for (const target of [start, ...inst.flatMap(targets)]) {
    (seen.has(target) ? shared : seen).add(target);
  }
  let size = frame;
  for (const [index, instruction] of inst.entries()) {
    const isLoop = isFork(instruction) && leadsToLoop(index, instruction, shared, inst);
    size += isLoop ? 2 : cost(instruction, shared);
  }
  return size;
}

const compiled = (bytes: string) => RE2JS.compile(bytes).re2().prog as Program;

/**
 * Two characters at the head of every alternative but the first, one of them its own. Without them the
 * port takes out what alternatives have in common, and a little more than C++ does. The first stands
 * for a jump, the second keeps single characters from becoming a class and costs nothing.
 */
function withMarks(bytes: string): string {
  let marks = 0;
  return bytes.replace(tokens, (token) =>
    token === "|" ? `|${String.fromCodePoint(firstMark + marks++, secondMark)}` : token,
  );
}

const tokens = /\\Q[\s\S]*?(?:\\E|$)|\\[\s\S]|\[\^?\]?(?:\\[\s\S]|\[:\^?\w+:\]|[^\]\\])*\]|\|/g;
const firstMark = 0xe000;
const secondMark = 0xf000;

const leadsToLoop = (
  index: number,
  fork: Instruction,
  shared: ReadonlySet<number>,
  inst: readonly Instruction[],
): boolean =>
  shared.has(index) ||
  targets(fork).some((target) => {
    const next = inst[target];
    return shared.has(target) && next !== undefined && isFork(next);
  });

const isFork = ({ op: operation }: Instruction) => operation <= op.altMatch;

function targets(instruction: Instruction): readonly number[] {
  if (isFork(instruction)) return [instruction.out, instruction.arg];
  return instruction.op === op.fail || instruction.op === op.match ? [] : [instruction.out];
}

/** Forks and empty steps go, but C++ jumps where one leads to what something else leads to as well. */
function cost(instruction: Instruction, shared: ReadonlySet<number>): number {
  const { op: operation, arg, runes } = instruction;
  if (isFork(instruction) || operation === op.nop) {
    return targets(instruction).filter((target) => shared.has(target)).length;
  }
  if (operation === op.fail || operation === op.match) return 0;
  // An empty alternative, or one that only looks, may make its loop a longer one in C++.
  if (operation === op.emptyWidth) return 2;
  if (operation < op.rune) return 1;
  const only = runes[0] ?? 0;
  if (only === secondMark) return shared.has(instruction.out) ? 2 : 0;
  if (runes.length === 1) return (arg & foldCase) !== 0 && only > 0x7f ? 2 : 1;
  return classSize(runes);
}

/**
 * Ranges of a class that have a byte in them; capitals cost nothing where they are as the small, and
 * the class of every byte makes loops of another kind.
 */
function classSize(runes: ArrayLike<number>): number {
  const ranges: (readonly [low: number, high: number])[] = [];
  for (let index = 0; (runes[index] ?? 0x100) <= 0xff; index += 2) {
    ranges.push([runes[index] ?? 0, runes[index + 1] ?? 0]);
  }
  const has = (letter: number) => ranges.some(([low, high]) => low <= letter && letter <= high);
  const folds = capitals.every((letter) => has(letter) === has(letter + 0x20));
  const isSpared = ([low, high]: readonly [number, number]) => folds && low >= 0x41 && high <= 0x5a;
  if (ranges[0]?.[0] === 0 && ranges[0][1] >= 0xff) return 2;
  return Math.max(1, ranges.filter((range) => !isSpared(range)).length);
}

const capitals = Array.from({ length: 26 }, (_, index) => 0x41 + index);
