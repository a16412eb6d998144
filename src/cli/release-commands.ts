/** `serin rollout promote|pause|resume|abort|retry|undo`: what people say to a release. */
import { type Command, InvalidArgumentError } from "commander";
import { revisionNumber } from "../admin/revision.ts";
import type { CommandedJson } from "../api/rollouts.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { ServiceName } from "../model/names.ts";
import {
  type CommandAsked,
  commandOf,
  type SaidToRelease,
  sayToRelease,
} from "../rollout/release-command.ts";
import type { Author } from "../store/act.ts";
import { unableSubsets } from "../translate/split/unable-subsets.ts";
import { type AdminFailure, fromAdmin } from "./admin-client.ts";
import { authorOf } from "./author.ts";
import type { CliContext } from "./context.ts";
import { directStore, notDone, withStore } from "./direct-store.ts";
import { acting, flag } from "./flags.ts";
import { serviceName } from "./service-argument.ts";
import { checkWait, tellNotWritten, tellWritten, writeFlags } from "./write-wait.ts";

interface Said {
  readonly name: SaidToRelease;
  readonly description: string;
  readonly help: string;
}

interface SayFlags {
  readonly full?: boolean;
  readonly expected?: string;
}

const commands: readonly Said[] = [
  {
    name: "promote",
    description: "Let a release go on from where it waits for a person.",
    help: `
It ends a pause, goes on without the analysis of the step, accepts weights that somebody has changed, and
goes past a guard that cannot judge. With --full the release goes to 100 %, past all steps between.
Windows, webhooks and proxies that have not acknowledged hold all the same.

With --expected, which all of these commands have, it holds only while the release stands as it was shown.

Examples:
  serin rollout promote web
  serin rollout promote web --expected "$(serin rollout get web -o json | jq -r .state)"
  serin rollout promote web --full --why 'fix for the outage'`,
  },
  {
    name: "pause",
    description: "Hold a release where it is.",
    help: `
Guards and analyses go on, and abort the release if it fails.

Examples:
  serin rollout pause web --why 'the campaign runs until noon'`,
  },
  {
    name: "resume",
    description: "Let a release go on that somebody has paused.",
    help: `
Examples:
  serin rollout resume web`,
  },
  {
    name: "abort",
    description: "End a release: its canary gets no traffic any more.",
    help: `
It wins over whatever the release is about to do. Only \`serin rollout retry\` begins it again.

Examples:
  serin rollout abort web --why 'wrong prices' --wait`,
  },
  {
    name: "retry",
    description: "Begin an aborted release again, and bring back what guards have taken out.",
    help: `
A release begins again at its first step. Where there is none, the weights stay as they are, 0 for what
was taken out: \`serin weight set\` gives it traffic again. What failed before is not held against it.

Examples:
  serin rollout retry web
  serin rollout retry web --why 'fixed in v2.1' --wait`,
  },
  {
    name: "undo",
    description: "Give all traffic back to the stable version, also after a complete release.",
    help: `
The release is aborted by it. Other than \`serin undo\`, it puts no earlier weights back.

Examples:
  serin rollout undo web --why 'customers complain'`,
  },
];

export function addReleaseCommands(rollout: Command, context: CliContext): void {
  for (const { name, description, help } of commands) {
    const command = rollout
      .command(name)
      .description(description)
      .argument("<service>", "name of the service", serviceName)
      .addOption(
        flag("--expected <state>", "SERIN_EXPECTED", "only if the release stands so still", {
          parse: stateText,
        }),
      );
    if (name === "promote") {
      command.addOption(flag("--full", "SERIN_FULL", "to 100 %, past all steps between"));
    }
    for (const option of writeFlags()) command.addOption(option);
    command
      .addHelpText("after", help)
      .action(acting(context, command, () => say(command, context, name)));
  }
}

function stateText(text: string): string {
  if (/^[\w-]+(?:\.[\w-]+){3}$/.test(text)) return text;
  throw new InvalidArgumentError("expected the state that serin rollout get -o json shows.");
}

async function say(command: Command, context: CliContext, name: Said["name"]): Promise<number> {
  const [service] = command.processedArgs as [string];
  checkWait(command);
  const began = performance.now();
  const { full = false, expected } = command.opts<SayFlags>();
  const author = authorOf(command, context.env, commandOf(name, full));
  const store = directStore(command);
  const done =
    store === undefined
      ? await fromAdmin(command, (api) =>
          api.call("PUT /v1/rollouts/{service}/{command}", {
            params: { service, command: name },
            query: { ...author, full, ...(expected !== undefined && { expected }) },
          }),
        )
      : await withStore<CommandedJson>(command, context, store, async (opened) =>
          inStore(opened, service, { command: commandOf(name, full), expected, ...author }),
        );
  if (!done.ok) return tellNotWritten(command, context, service, done.error);
  const { revision, message } = done.value;
  const line = `${service}: ${message}, at revision ${revision}\n`;
  return tellWritten(command, context, {
    key: `status/rollouts/${service}`,
    line,
    answer: done.value,
    began,
  });
}

async function inStore(
  store: Parameters<typeof sayToRelease>[0],
  service: string,
  said: Pick<CommandAsked, "command" | "expected" | keyof Author>,
): Promise<Result<CommandedJson, AdminFailure>> {
  const asked = { ...said, service: service as ServiceName, unable: unableSubsets };
  const done = await sayToRelease(store, asked);
  if (!done.ok) return err(notDone(done.error, service));
  const { revision, message, subsets } = done.value;
  return ok({ service, revision: revisionNumber(revision), message, subsets });
}
