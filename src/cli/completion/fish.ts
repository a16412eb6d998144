import { valueText } from "./sh-tables.ts";
import type { CommandShape } from "./shape.ts";

/** To be sourced, or put as `serin.fish` into ~/.config/fish/completions. */
export const fishScript = (shapes: readonly CommandShape[]): string => `\
# fish completion of serin: serin completion fish | source
${fishTables(shapes)}
function __serin_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    set -l path ''
    set -l subject ''
    set -l admin $SERIN_ADMIN
    set -l option ''
    set -l args 0
    for word in $words[2..-1]
        if test -n "$option"
            test "$option" = --admin; and set admin $word
            set option ''
        else if string match -q -- '--admin=*' $word
            set admin (string replace -- '--admin=' '' $word)
        else if string match -q -- '-*' $word
            test -n "$(__serin_value "$path:$word")"; and set option $word
        else if test $args -eq 0; and string match -q -- "$word"\\t'*' (__serin_commands "$path")
            set path (string trim -- "$path $word")
        else
            test -z "$subject"; and set subject $word
            set args (math $args + 1)
        end
    end
    set -l before ''
    if string match -q -- '--*=*' $cur
        set option (string split -m1 -f1 = -- $cur)
        set before "$option="
        set cur (string split -m1 -f2 = -- $cur)
    end
    set -l values ''
    if test -n "$option"
        set values (__serin_value "$path:$option")
    else if string match -q -- '-*' $cur
        __serin_options "$path"
    else
        test $args -eq 0; and __serin_commands "$path"
        set values (__serin_argument "$path" $args)
    end
    if string match -q -- 'objects *' $values
        if string match -q -- '*/*' $cur
            set values 'asked name'
        else
            set values (string replace -- objects words $values)
        end
    end
    switch "$values"
        case 'words *'
            for word in (string split ' ' -- $values)[2..-1]
                echo $before$word
            end
        case 'asked *'
            for word in (SERIN_ADMIN=$admin $words[1] __complete (string split ' ' -- $values)[2] "$cur" "$subject" 2>/dev/null)
                echo $before$word
            end
        case files
            __fish_complete_path $cur
    end
end
complete -c serin -f -a '(__serin_complete)'
`;

function fishTables(shapes: readonly CommandShape[]): string {
  return [
    table(
      "__serin_commands",
      shapes.map(({ path, commands }) => [[path], lines(commands)]),
    ),
    table(
      "__serin_options",
      shapes.map(({ path, options }) => [
        [path],
        lines(options.flatMap(({ names, summary }) => names.map((name) => ({ name, summary })))),
      ]),
    ),
    table(
      "__serin_value",
      shapes.flatMap(({ path, options }) =>
        options.flatMap(({ names, values }): readonly Row[] =>
          values === undefined
            ? []
            : [[names.map((name) => `${path}:${name}`), [valueText(values)]]],
        ),
      ),
    ),
    argumentTable(shapes),
  ].join("\n");
}

type Row = readonly [keys: readonly string[], lines: readonly string[]];

const lines = (each: readonly { readonly name: string; readonly summary: string }[]) =>
  each.map(({ name, summary }) => `${name}\t${summary}`);

/** The last argument may stand for all that follow. */
function argumentTable(shapes: readonly CommandShape[]): string {
  const cases = shapes.flatMap(({ path, arguments: all }) =>
    all.map(({ values, variadic }, index) => {
      const number = variadic ? "'*'" : quoted(String(index));
      return `        case ${quoted(`${path}:`)}${number}\n            echo ${quoted(valueText(values))}\n`;
    }),
  );
  return `function __serin_argument\n    switch "$argv[1]:$argv[2]"\n${cases.join("")}    end\nend\n`;
}

function table(name: string, rows: readonly Row[]): string {
  const cases = rows
    .filter(([, each]) => each.length > 0)
    .map(
      ([keys, each]) =>
        `        case ${keys.map(quoted).join(" ")}\n            printf '%s\\n' ${each.map(quoted).join(" ")}\n`,
    );
  return `function ${name}\n    switch "$argv[1]"\n${cases.join("")}    end\nend\n`;
}

/** In single quotes fish knows \\' and \\\\ only. */
const quoted = (text: string): string =>
  `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
