/**
 * Flags whose values may also come from the environment, and what their texts may be. The
 * environment is the one given to `runCli`, which is why commander's own reading of it is not used.
 */
import { type Command, InvalidArgumentError, Option } from "commander";
import { type HostPort, parseHostPort } from "../config/config.ts";
import { durationMs, durationPattern } from "../store/schema/duration.ts";
import { type CliContext, type Environment, exitCodes } from "./context.ts";

export interface FlagParts {
  readonly fallback?: unknown;
  /** Throws `InvalidArgumentError`; `previous` is what the same flag said before. */
  readonly parse?: (text: string, previous: unknown) => unknown;
  readonly choices?: readonly string[];
}

const variables = new WeakMap<Option, string>();

/** A flag and its environment variable, which counts where the flag is not given. */
export function flag(
  flags: string,
  variable: string,
  description: string,
  parts: FlagParts = {},
): Option {
  const option = new Option(flags, `${description} (env: ${variable})`);
  const { fallback, parse, choices } = parts;
  if (choices !== undefined) option.choices(choices);
  if (parse !== undefined) option.argParser(parse);
  if (fallback !== undefined) {
    const text = String(fallback);
    option.default(parse === undefined ? fallback : parse(text, undefined), text);
  }
  variables.set(option, variable);
  return option;
}

/** Wraps what a command does: the environment is read first, and the exit code is kept. */
export function acting(
  context: CliContext,
  command: Command,
  act: () => Promise<number>,
): () => Promise<void> {
  return async () => {
    environments.set(command, context.env);
    readEnvironment(command, context.env);
    context.exitCode = await act();
  };
}

const environments = new WeakMap<Command, Environment>();

/** What a command runs in, for what is no flag. */
export const environmentOf = (command: Command): Environment => environments.get(command) ?? {};

function readEnvironment(command: Command, env: Environment): void {
  for (const option of command.options) {
    const variable = variables.get(option);
    const text = variable === undefined ? undefined : env[variable];
    if (variable === undefined || text === undefined || text === "") continue;
    const source = command.getOptionValueSource(option.attributeName());
    if (source !== undefined && source !== "default") continue;
    try {
      const value = optionValue(option, text);
      command.setOptionValueWithSource(option.attributeName(), value, "env");
    } catch (error) {
      if (!(error instanceof InvalidArgumentError)) throw error;
      usageError(command, `${variable}: ${error.message}`);
    }
  }
}

function optionValue(option: Option, text: string): unknown {
  if (option.negate) return !flagValue(text);
  if (option.isBoolean()) return flagValue(text);
  const { parseArg } = option;
  if (parseArg === undefined) return text;
  // commander's types say string here, and it passes the previous value of whatever type.
  return parseArg(text, undefined as never);
}

function flagValue(text: string): boolean {
  if (/^(?:1|true|yes|on)$/i.test(text)) return true;
  if (/^(?:0|false|no|off)$/i.test(text)) return false;
  throw new InvalidArgumentError("expected true or false.");
}

/** Ends the command with the exit code of wrong usage. */
export function usageError(command: Command, message: string): never {
  return command.error(`error: ${message}`, { code: "serin.usage", exitCode: exitCodes.usage });
}

export function hostPort(text: string): HostPort {
  const parsed = parseHostPort(text);
  if (parsed === undefined) throw new InvalidArgumentError("expected host:port.");
  return parsed;
}

/** Collects a flag that may be given more than once; in the environment, commas part the values. */
export const listOf =
  <T>(parse: (text: string) => T) =>
  (text: string, previous: unknown): readonly T[] => [
    ...((previous as readonly T[] | undefined) ?? []),
    ...text.split(",").map((part) => parse(part.trim())),
  ];

export const integerFrom =
  (least: number, most: number) =>
  (text: string): number => {
    const number = /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
    if (number >= least && number <= most) return number;
    throw new InvalidArgumentError(`expected an integer from ${least} to ${most}.`);
  };

/** `30s`, `1m30s`; milliseconds. */
export function duration(text: string): number {
  if (!durationPattern.test(text)) throw new InvalidArgumentError("expected 30s, 1m30s or 500ms.");
  return durationMs(text);
}

export function httpUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") return text.replace(/\/+$/, "");
  throw new InvalidArgumentError("expected a URL such as http://127.0.0.1:18001.");
}
