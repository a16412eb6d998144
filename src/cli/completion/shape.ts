/** What the commands take, read from the commander tree itself, so that completion is never stale. */
import type { Argument, Command, Option } from "commander";
import { objectFolders } from "../../store/decode/key.ts";

/** What may stand at a place. `asked`: the server knows, see complete-command.ts. */
export type Values =
  | { readonly kind: "words"; readonly words: readonly string[] }
  | { readonly kind: "objects"; readonly words: readonly string[] }
  | { readonly kind: "files" }
  | { readonly kind: "asked"; readonly what: AskedKind }
  | { readonly kind: "any" };

export const askedKinds = ["service", "release", "subset", "name", "node", "gateway"] as const;

export type AskedKind = (typeof askedKinds)[number];

export interface CommandShape {
  /** `weight set`; empty: the program itself. */
  readonly path: string;
  readonly commands: readonly Named[];
  readonly options: readonly OptionShape[];
  readonly arguments: readonly ArgumentShape[];
}

export interface Named {
  readonly name: string;
  readonly summary: string;
}

export interface OptionShape {
  /** `-o`, `--output`. */
  readonly names: readonly string[];
  readonly summary: string;
  /** Undefined: it takes none. */
  readonly values: Values | undefined;
}

export interface ArgumentShape {
  readonly values: Values;
  readonly variadic: boolean;
}

export function commandShapes(
  command: Command,
  path: readonly string[] = [],
  siblings: readonly string[] = [],
): CommandShape[] {
  const help = command.createHelp();
  const commands = help.visibleCommands(command).filter(({ commands: of }) => of !== undefined);
  const own: CommandShape = {
    path: path.join(" "),
    commands: commands.map((each) => ({ name: each.name(), summary: each.description() })),
    options: help.visibleOptions(command).map(optionShape),
    arguments: command.registeredArguments.map((each) => ({
      values: valuesOf(each, path, siblings),
      variadic: each.variadic,
    })),
  };
  const names = commands.map((each) => each.name());
  const below = commands.flatMap((each) => commandShapes(each, [...path, each.name()], names));
  return [own, ...below];
}

function optionShape(option: Option): OptionShape {
  const { short, long, description } = option;
  const takesValue = option.required || option.optional;
  return {
    names: [short, long].filter((name) => name !== undefined),
    summary: description.replace(/ \(env: \w+\)/, ""),
    values: takesValue ? optionValues(option) : undefined,
  };
}

function optionValues(option: Option): Values {
  if (option.argChoices !== undefined) return { kind: "words", words: option.argChoices };
  const name = option.attributeName();
  if (name === "node" || name === "gateway") return { kind: "asked", what: name };
  const takesFile = name === "file" || /<(?:file|dir)>/.test(option.flags);
  return takesFile ? { kind: "files" } : { kind: "any" };
}

function valuesOf(
  argument: Argument,
  path: readonly string[],
  siblings: readonly string[],
): Values {
  if (argument.argChoices !== undefined) return { kind: "words", words: argument.argChoices };
  switch (argument.name()) {
    case "service":
      return { kind: "asked", what: path[0] === "rollout" ? "release" : "service" };
    case "service or host":
      return { kind: "asked", what: "service" };
    case "subset=weight":
      return { kind: "asked", what: "subset" };
    case "command":
      return { kind: "words", words: siblings };
    case "kind":
      return { kind: "objects", words: objectFolders };
    case "name":
      return { kind: "asked", what: "name" };
    // Nobody types a number by its first digit.
    case "revision":
    case "from":
    case "to":
      return { kind: "words", words: [] };
    default:
      return { kind: "any" };
  }
}
