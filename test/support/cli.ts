import { type CliRun, type DevOptions, runCli, type Terminal } from "../../src/cli/cli.ts";
import type { ServeConfig } from "../../src/config/config.ts";

export interface CliResult {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  /** What `serve` and `dev` were called with. */
  readonly served: readonly ServeConfig[];
  readonly devs: readonly DevOptions[];
}

export interface CliOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly stop?: AbortSignal;
  readonly stdin?: string;
  /** Where they are to be terminals. */
  readonly errTerminal?: Terminal;
  readonly outTerminal?: Terminal;
  /** Told of each piece of output. */
  onOut?(text: string): void;
  onErr?(text: string): void;
}

/** Runs a command line in this process. */
export async function cli(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const served: ServeConfig[] = [];
  const devs: DevOptions[] = [];
  let out = "";
  let err = "";
  const io = {
    stdout: (text: string) => {
      out += text;
      options.onOut?.(text);
    },
    stderr: (text: string) => {
      err += text;
      options.onErr?.(text);
    },
    outTerminal: options.outTerminal,
    errTerminal: options.errTerminal,
    stdin: async () => Buffer.from(options.stdin ?? ""),
    ...(options.stop !== undefined && { stop: options.stop }),
  };
  const run: CliRun = {
    serve: async (config) => {
      served.push(config);
      return 0;
    },
    dev: async (dev) => {
      devs.push(dev);
      return 0;
    },
  };
  const code = await runCli(argv, options.env ?? {}, io, run);
  return { code, out, err, served, devs };
}
