#!/usr/bin/env node
/** The program `serin`: arguments and environment in, exit code out. */
import { dev } from "./app/dev.ts";
import { serve } from "./app/serve.ts";
import { runCli, type Terminal } from "./cli/cli.ts";
import { endWhenClosed } from "./cli/closed-pipe.ts";

const terminalOf = (stream: NodeJS.WriteStream): Terminal | undefined =>
  stream.isTTY ? { size: () => ({ columns: stream.columns, rows: stream.rows }) } : undefined;

const io = {
  outTerminal: terminalOf(process.stdout),
  errTerminal: terminalOf(process.stderr),
  stdout: (text: string) => process.stdout.write(text),
  stderr: (text: string) => process.stderr.write(text),
  stdin: async (bytes: number) => {
    const chunks: Buffer[] = [];
    let length = 0;
    for await (const chunk of process.stdin) {
      chunks.push(Buffer.from(chunk));
      length += chunk.length;
      if (length > bytes) break;
    }
    return Buffer.concat(chunks);
  },
};

endWhenClosed([process.stdout, process.stderr], io.stderr, (code) => process.exit(code));
process.exitCode = await runCli(process.argv.slice(2), process.env, io, { serve, dev });
