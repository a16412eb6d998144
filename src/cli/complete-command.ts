/**
 * `serin __complete KIND [WORD] [SUBJECT]`: what the scripts of `serin completion` ask for while somebody
 * types. Whatever goes wrong it is silent, as an error would stand in the middle of their line.
 */
import { Argument, type Command } from "commander";
import type { ApiFailure, Client, How } from "../api/client.ts";
import { limits } from "../config/limits.ts";
import type { Result } from "../lib/result.ts";
import { folderOfKind } from "../store/decode/long-form.ts";
import { adminFlag, fromAdmin } from "./admin-client.ts";
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
  const { completions: limit } = limits.cli;
  const keys = async (prefix: string): Promise<readonly string[]> => {
    const found = await askSoon(command, (api, how) =>
      api.call("GET /v1/objects", { query: { prefix, limit } }, how),
    );
    return (found ?? []).map(({ key }) => key);
  };
  const namesIn = async (folder: string): Promise<readonly string[]> =>
    (await keys(`${folder}/${word}`)).map((key) => key.slice(folder.length + 1));
  switch (what) {
    case "service": {
      const query = { prefix: word, limit };
      const services = await askSoon(command, (api, how) =>
        api.call("GET /v1/services", { query }, how),
      );
      return (services ?? []).map(({ service }) => service);
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
      return nodes(command);
    case "subset":
      return subsetsOf(command, subject);
  }
}

async function nodes(command: Command): Promise<readonly string[]> {
  const proxies = await askSoon(command, (api, how) => api.call("GET /v1/proxies", {}, how));
  return (proxies ?? []).map(({ node }) => node);
}

/** `v1=`: the weight comes behind it. */
async function subsetsOf(command: Command, service: string): Promise<readonly string[]> {
  const found = await askSoon(command, (api, how) =>
    api.call("GET /v1/services/{service}", { params: { service } }, how),
  );
  return (found?.split ?? []).map(({ version }) => `${version}=`);
}

async function askSoon<T>(
  command: Command,
  ask: (api: Client, how: How) => Promise<Result<T, ApiFailure>>,
): Promise<T | undefined> {
  const signal = AbortSignal.timeout(limits.cli.completeMs);
  const answer = await fromAdmin(command, (api) => ask(api, { signal }));
  return answer.ok ? answer.value : undefined;
}
