/** The shapes as functions that bash and zsh both understand: `name<TAB>summary`, a line each. */
import type { CommandShape, Values } from "./shape.ts";

export function shTables(shapes: readonly CommandShape[]): string {
  return [
    table(
      "_serin_commands",
      shapes.map(({ path, commands }) => [pattern(path), lines(commands)]),
    ),
    table(
      "_serin_options",
      shapes.map(({ path, options }) => [
        pattern(path),
        lines(options.flatMap(({ names, summary }) => names.map((name) => ({ name, summary })))),
      ]),
    ),
    table("_serin_value", shapes.flatMap(valueRows)),
    table("_serin_argument", shapes.flatMap(argumentRows)),
  ].join("\n");
}

type Row = readonly [pattern: string, lines: readonly string[]];

const lines = (each: readonly { readonly name: string; readonly summary: string }[]) =>
  each.map(({ name, summary }) => `${name}\t${summary}`);

/** By `path:option`; nothing is said of one that takes no value. */
const valueRows = ({ path, options }: CommandShape): readonly Row[] =>
  options.flatMap(({ names, values }) =>
    values === undefined
      ? []
      : [[names.map((name) => pattern(`${path}:${name}`)).join("|"), [valueText(values)]] as const],
  );

/** By `path:index`. */
const argumentRows = ({ path, arguments: all }: CommandShape): readonly Row[] =>
  all.map(({ values, variadic }, index) => [
    variadic ? `${pattern(`${path}:`)}*` : pattern(`${path}:${index}`),
    [valueText(values)],
  ]);

export function valueText(values: Values): string {
  if (values.kind === "asked") return `asked ${values.what}`;
  return "words" in values ? `${values.kind} ${values.words.join(" ")}` : values.kind;
}

function table(name: string, rows: readonly Row[]): string {
  const cases = rows
    .filter(([, each]) => each.length > 0)
    .map(([of, each]) => `    ${of}) printf '%s\\n' ${each.map(quoted).join(" ")} ;;\n`);
  return `${name}() {\n  case $1 in\n${cases.join("")}  esac\n}\n`;
}

const pattern = (text: string): string => quoted(text);

/** In single quotes nothing is expanded. */
export const quoted = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;

/**
 * What bash and zsh make of one word that stands before the cursor: the command so far in `at` (`path` is zsh's
 * own), its first argument in `subject`, an option that still takes its value in `option`.
 */
export const shWord = `\
    word=\${words[i]}
    if [[ -n $option ]]; then
      [[ $option == --admin ]] && admin=$word
      option=''
    elif [[ $word == --admin=* ]]; then
      admin=\${word#*=}
    elif [[ $word == -* ]]; then
      [[ -n $(_serin_value "$at:$word") ]] && option=$word
    elif (( args == 0 )) && _serin_commands "$at" | grep -q -- "^$word"$'\\t'; then
      at=\${at:+$at }$word
    else
      subject=\${subject:-$word}
      (( args += 1 ))
    fi
`;
