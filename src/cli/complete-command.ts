/**
 * `serin __complete KIND [WORD] [SUBJECT]`: what the scripts of `serin completion` ask for while somebody
 * types. Whatever goes wrong it is silent, as an error would stand in the middle of their line.
 */
import { Argument, type Command } from "commander";
import type { ProxyStatus } from "../api/proxies.ts";
import { limits } from "../config/limits.ts";
import { folderOfKind } from "../store/decode/long-form.ts";
import { adminFlag, callAdmin } from "./admin-client.ts";
import { type AskedKind, askedKinds } from "./completion/shape.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { acting } from "./flags.ts";

export function addComplete(program: Command, context: CliContext): void {
  const command = program
    .command("__complete", { hidden: true })
    .description("Print what may stand at a place of the command line; for serin completion.")
    .addArgument(new Argument("<what>", "kind of word").choices(askedKinds))
    .argument("[word]", "as far as it is typed")
    .argument("[subject]", "what was named before");
  command
    .addOption(adminFlag())
    .allowUnknownOption()
    .action(acting(context, command, () => complete(command, context)));
}

async function complete(command: Command, context: CliContext): Promise<number> {
  const [what, word = "", subject = ""] = command.processedArgs as [AskedKind, string?, string?];
  const found = await candidates(command, what, word, subject);
  const lines = [...new Set(found)].filter((each) => each.startsWith(word) && isSafe(each));
  context.io.stdout(lines.map((each) => `${each}\n`).join(""));
  return exitCodes.done;
}

/** Shells may take anything else for a command of their own. */
const isSafe = (word: string): boolean => /^[\w.@%+=,/-]{1,512}$/.test(word);

async function candidates(
  command: Command,
  what: AskedKind,
  word: string,
  subject: string,
): Promise<readonly string[]> {
  const ask = async <T>(path: string): Promise<readonly T[]> => {
    const answer = await askSoon<readonly T[]>(command, path);
    return Array.isArray(answer) ? answer : [];
  };
  const prefixed = (prefix: string): string =>
    `prefix=${encodeURIComponent(prefix)}&limit=${limits.cli.completions}`;
  const keys = async (prefix: string): Promise<readonly string[]> =>
    (await ask<{ readonly key: string }>(`/v1/objects?${prefixed(prefix)}`)).map(({ key }) => key);
  const namesIn = async (folder: string): Promise<readonly string[]> =>
    (await keys(`${folder}/${word}`)).map((key) => key.slice(folder.length + 1));
  switch (what) {
    case "service": {
      const services = await ask<{ readonly service: string }>(`/v1/services?${prefixed(word)}`);
      return services.map(({ service }) => service);
    }
    case "release":
      return namesIn("rollouts");
    case "gateway":
      return namesIn("gateways");
    case "name": {
      if (word.includes("/")) return keys(word);
      const folder = folderOfKind(subject);
      return folder === undefined ? [] : namesIn(folder);
    }
    case "node":
      return (await ask<ProxyStatus>("/v1/proxies")).map(({ node }) => node);
    case "subset":
      return subsetsOf(command, subject);
  }
}

/** `v1=`: the weight comes behind it. */
async function subsetsOf(command: Command, service: string): Promise<readonly string[]> {
  const path = `/v1/services/${encodeURIComponent(service)}`;
  const found = await askSoon<{ readonly split?: readonly { readonly version: string }[] }>(
    command,
    path,
  );
  return (found?.split ?? []).map(({ version }) => `${version}=`);
}

async function askSoon<T>(command: Command, path: string): Promise<T | undefined> {
  const signal = AbortSignal.timeout(limits.cli.completeMs);
  const answer = await callAdmin<T>(command, path, { signal });
  return answer.ok ? answer.value : undefined;
}
