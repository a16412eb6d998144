/**
 * The code blocks of a page of the documents, as steps to run: docs/adr/0048-blocks-that-run.md has the
 * convention. A block is indented by four columns or fenced; comments before it say what its text cannot:
 *
 *     <!-- test: scene web -->                 a new world from here on, with these parts in it
 *     <!-- test: run COMMAND -->               run before the next block, not shown to readers
 *     <!-- test: put -->                       the next block is objects, and etcdctl puts them under their keys
 *     <!-- test: write FILE -->                the next block is what this file has
 *     <!-- test: prints COMMAND -->            the next block is what COMMAND prints, sooner or later
 *     <!-- test: ends with 1: COMMAND -->      commands of the next block that begin so end with this code
 *     <!-- test: not run: WHY -->              the next block is neither run nor compared
 *     <!-- test: not compared: WHY -->         its commands are run, what they print is not looked at
 */
import { logicalCommands } from "./shell-lines.ts";

export interface PageCommand {
  readonly kind: "command";
  readonly line: number;
  readonly text: string;
  /** Exit code that is right. */
  readonly code: number;
}

export type Step =
  | PageCommand
  /** What `command` prints, now or soon. */
  | {
      readonly kind: "output";
      readonly line: number;
      readonly text: string;
      readonly command: string;
    }
  | { readonly kind: "notRun"; readonly line: number; readonly why: string }
  /** An object, as it stands under its key: nothing to run. */
  | { readonly kind: "object"; readonly line: number };

export interface World {
  readonly scene: string;
  readonly steps: readonly Step[];
}

export interface Page {
  readonly worlds: readonly World[];
  /** Blocks and markers of which it is not clear what they are: `line: what`. */
  readonly unclear: readonly string[];
}

interface Block {
  readonly line: number;
  /** Of a fence; undefined: indented. */
  readonly language: string | undefined;
  readonly lines: readonly string[];
}

interface Marker {
  readonly line: number;
  readonly text: string;
}

const programs = new Set(
  "[ cd curl docker envoy etcd etcdctl eval export find git jq kubectl node npm npx openssl rev serin while".split(
    " ",
  ),
);

/** Lines that begin a command: a program that we know, after `$ ` or variables of its own. */
const isCommand = (line: string): boolean => {
  const word = /^(?:\$ )?(?:[A-Z_]+=\S+ )*(\$?[\w.[]+)/.exec(line)?.[1] ?? "";
  return programs.has(word) || word === "$EDITOR" || line.startsWith("# ");
};

/** `services/web`, or `steps:`: how objects are shown. */
const isObject = (line: string): boolean =>
  /^[a-z]+\/[\w*/.-]+( |$)/.test(line) || /^[a-zA-Z_]+:$/.test(line);

export function readPage(markdown: string): Page {
  const worlds: { scene: string; steps: Step[] }[] = [{ scene: "none", steps: [] }];
  const unclear: string[] = [];
  let markers: Marker[] = [];
  for (const part of partsOf(markdown)) {
    if (part.kind === "marker") {
      const scene = /^scene (\S+)$/.exec(part.text)?.[1];
      if (scene === undefined) markers.push(part);
      else worlds.push({ scene, steps: [] });
      continue;
    }
    const steps = worlds.at(-1)?.steps ?? [];
    const read = stepsOf(part, markers, lastCommand(steps));
    markers = [];
    if (typeof read === "string") unclear.push(`${part.line}: ${read}`);
    else steps.push(...read);
  }
  unclear.push(...markers.map(({ line, text }) => `${line}: no block follows "${text}"`));
  return { worlds: worlds.filter(({ steps }) => steps.length > 0), unclear };
}

const lastCommand = (steps: readonly Step[]): string | undefined =>
  steps.findLast((step) => step.kind === "command")?.text;

/** A sentence where it is not clear what the block is. */
function stepsOf(
  block: Block,
  markers: readonly Marker[],
  before: string | undefined,
): readonly Step[] | string {
  const { line } = block;
  const said = markers.map((marker) => ({ ...readMarker(marker.text), line: marker.line }));
  const wrong = said.find(({ kind }) => kind === "unknown");
  if (wrong !== undefined) return `marker at line ${wrong.line} says nothing`;
  const hidden = said.flatMap((each): readonly Step[] =>
    each.kind === "run" ? [{ kind: "command", line: each.line, text: each.text, code: 0 }] : [],
  );
  const [why] = said.flatMap((each) => (each.kind === "notRun" ? [each.text] : []));
  if (why !== undefined) return [...hidden, { kind: "notRun", line, why }];
  const [command] = said.flatMap((each) => (each.kind === "prints" ? [each.text] : []));
  const text = block.lines.join("\n").trimEnd();
  if (command !== undefined) return [...hidden, { kind: "output", line, text, command }];
  const [first = ""] = block.lines;
  const isShell = block.language === undefined ? isCommand(first) : block.language === "sh";
  if (isShell) {
    return [...hidden, ...shellSteps(block, said)];
  }
  const [file] = said.flatMap((each) => (each.kind === "write" ? [each.text] : []));
  if (file !== undefined) {
    const heredoc = `cat > ${file} <<'END OF BLOCK'\n${text}\nEND OF BLOCK`;
    return [...hidden, { kind: "command", line, text: heredoc, code: 0 }];
  }
  if (said.some(({ kind }) => kind === "put")) return [...hidden, ...puts(block)];
  if (block.language !== undefined || isObject(first)) return [...hidden, { kind: "object", line }];
  return before === undefined
    ? "neither a command nor an object: a marker has to say what it is"
    : "this may be what a command prints: say so by a marker, or that it is not run";
}

/** Keys without indentation, each with its value behind or below it. */
function puts({ line, lines }: Block): readonly Step[] {
  const objects: { line: number; key: string; value: string[] }[] = [];
  lines.forEach((text, offset) => {
    const [, key, rest = ""] = /^([a-z]+\/\S+)\s*(.*)$/.exec(text) ?? [];
    if (key !== undefined) objects.push({ line: line + offset, key, value: [rest] });
    else objects.at(-1)?.value.push(text);
  });
  return objects.map(({ line, key, value }) => ({
    ...{ kind: "command", line, code: 0 },
    text: `etcdctl put '/serin/${key}' '${value.join("\n").trimEnd()}'`,
  }));
}

type Said =
  | { readonly kind: "put" }
  | { readonly kind: "run" | "write" | "prints" | "notRun" | "notCompared"; readonly text: string }
  | { readonly kind: "ends"; readonly code: number; readonly text: string }
  | { readonly kind: "unknown" };

function readMarker(text: string): Said {
  if (text === "put") return { kind: "put" };
  const [, run] = /^run (.+)$/s.exec(text) ?? [];
  if (run !== undefined) return { kind: "run", text: run };
  const [, write] = /^write (\S+)$/.exec(text) ?? [];
  if (write !== undefined) return { kind: "write", text: write };
  const [, prints] = /^prints (.+)$/s.exec(text) ?? [];
  if (prints !== undefined) return { kind: "prints", text: prints };
  const [, why] = /^not run: (.{10,})$/s.exec(text) ?? [];
  if (why !== undefined) return { kind: "notRun", text: why.replaceAll(/\s+/g, " ") };
  const [, apart] = /^not compared: (.{10,})$/s.exec(text) ?? [];
  if (apart !== undefined) return { kind: "notCompared", text: apart.replaceAll(/\s+/g, " ") };
  const [, code, begin = ""] = /^ends with (\d+): (.+)$/.exec(text) ?? [];
  return code === undefined
    ? { kind: "unknown" }
    : { kind: "ends", code: Number(code), text: begin };
}

/** Commands, and behind a blank line, or below one that begins with `$ `, what the last of them prints. */
function shellSteps(block: Block, said: readonly Said[]): readonly Step[] {
  const steps: Step[] = [];
  const [why] = said.flatMap((each) => (each.kind === "notCompared" ? [each.text] : []));
  const { lines } = block;
  for (let at = 0; at < lines.length; ) {
    const isAsked = lines[at]?.startsWith("$ ") === true;
    if (isAsked || (isCommand(lines[at] ?? "") && !lines[at - 1]?.startsWith("$ "))) {
      const end = isAsked ? at + 1 : endOfCommands(lines, at);
      const plain = lines.slice(at, end).map((line) => line.replace(/^\$ (?=\S)/, ""));
      for (const { offset, text } of logicalCommands(plain)) {
        steps.push({
          kind: "command",
          line: block.line + at + offset,
          text,
          code: codeOf(text, said),
        });
      }
      at = end;
      continue;
    }
    const from = at;
    do at += 1;
    while (at < lines.length && !lines[at]?.startsWith("$ ") && !isNext(lines, at));
    const text = lines.slice(from, at).join("\n").trim();
    const command = lastCommand(steps);
    if (text === "" || command === undefined) continue;
    const line = block.line + from;
    steps.push(
      why === undefined ? { kind: "output", line, text, command } : { kind: "notRun", line, why },
    );
  }
  return steps;
}

const codeOf = (command: string, said: readonly Said[]): number =>
  said.flatMap((each) =>
    each.kind === "ends" && command.startsWith(each.text) ? [each.code] : [],
  )[0] ?? 0;

/** A command behind a blank line. */
const isNext = (lines: readonly string[], at: number): boolean =>
  lines[at - 1] === "" && isCommand(lines[at] ?? "");

const endOfCommands = (lines: readonly string[], from: number): number => {
  const blank = lines.indexOf("", from);
  return blank === -1 ? lines.length : blank;
};

type Part = (Block & { readonly kind: "block" }) | (Marker & { readonly kind: "marker" });

function partsOf(markdown: string): readonly Part[] {
  const lines = markdown.split("\n");
  const parts: Part[] = [];
  for (let at = 0; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    const isApart = at === 0 || lines[at - 1] === "" || lines[at - 1]?.endsWith("-->") === true;
    const fence = /^```(\w*)$/.exec(line);
    if (line.startsWith("<!-- test: ")) {
      const end = lines.findIndex((each, index) => index >= at && each.endsWith("-->"));
      const text = lines.slice(at, end + 1).join("\n");
      parts.push({ kind: "marker", line: at + 1, text: text.slice(11, -3).trim() });
      at = end;
    } else if (fence !== null) {
      const end = lines.indexOf("```", at + 1);
      const inside = lines.slice(at + 1, end);
      parts.push({ kind: "block", line: at + 2, language: fence[1] ?? "", lines: inside });
      at = end;
    } else if (isApart && line.startsWith("    ")) {
      const end = endOfIndented(lines, at);
      const inside = lines.slice(at, end).map((each) => each.slice(4));
      parts.push({ kind: "block", line: at + 1, language: undefined, lines: inside });
      at = end - 1;
    }
  }
  return parts;
}

/** Blank lines belong to it where it goes on behind them. */
function endOfIndented(lines: readonly string[], from: number): number {
  let end = from;
  for (let at = from; at < lines.length; at += 1) {
    if (lines[at]?.startsWith("    ")) end = at + 1;
    else if (lines[at] !== "") break;
  }
  return end;
}
