/** `serin completion bash|zsh|fish`: a script that completes commands, flags, and names of what is there. */
import { Argument, type Command } from "commander";
import { bashScript } from "./completion/bash.ts";
import { fishScript } from "./completion/fish.ts";
import { commandShapes } from "./completion/shape.ts";
import { zshScript } from "./completion/zsh.ts";
import { type CliContext, exitCodes } from "./context.ts";
import { acting } from "./flags.ts";

const scripts = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

type Shell = keyof typeof scripts;

export function addCompletion(program: Command, context: CliContext): void {
  const command = program
    .command("completion")
    .description("Print a script that completes serin's commands in a shell.")
    .addArgument(new Argument("<shell>", "which shell").choices(Object.keys(scripts)));
  command
    .addHelpText(
      "after",
      `
Names of services, objects, versions and proxies come from the admin API (SERIN_ADMIN or --admin), within
half a second, or not at all.

Examples:
  source <(serin completion bash)     # in ~/.bashrc
  source <(serin completion zsh)      # in ~/.zshrc, after compinit
  serin completion fish > ~/.config/fish/completions/serin.fish`,
    )
    .action(
      acting(context, command, async () => {
        const [shell] = command.processedArgs as [Shell];
        context.io.stdout(scripts[shell](commandShapes(program)));
        return exitCodes.done;
      }),
    );
}
