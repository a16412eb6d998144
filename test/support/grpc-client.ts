import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { createOutputRing } from "../../src/dev/output-ring.ts";
import { buildClient, type ClientCommand, type Language } from "./grpc-client-build.ts";
import type { EchoRequest } from "./grpc-echo-server.ts";
import { freshFolder } from "./tmp.ts";

/** A real gRPC client in a process of its own; `test/clients/README.md` tells how it is spoken to. */
export interface GrpcClient {
  readonly language: Language;
  readonly running: boolean;
  /** Makes calls and tallies their outcomes; one command at a time. */
  call(command: CallCommand): Promise<CallReport>;
  /** The last lines of stderr. */
  logs(): string;
  stop(): Promise<void>;
}

export interface CallCommand {
  /** Default 1; with `users`, one for each. */
  readonly calls?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** One call for each number from `from` up to but without `to`, named in the header. */
  readonly users?: { readonly header: string; readonly from: number; readonly to: number };
  readonly request?: EchoRequest;
  /** Default Say. */
  readonly method?: "Say" | "Shout";
  /** Default 2,000. */
  readonly deadlineMs?: number;
  /** Calls at a time; default 8. */
  readonly parallel?: number;
}

export interface CallReport {
  /** Version → answers. */
  readonly counts: Readonly<Record<string, number>>;
  /** Name of the status → failed calls. */
  readonly errors: Readonly<Record<string, number>>;
  /** User → version, where `users` were asked for. */
  readonly byUser: Readonly<Record<string, string>>;
}

export interface GrpcClientOptions {
  readonly language: Language;
  /** Default `xds:///web`. */
  readonly target?: string;
  /** Content of the file that GRPC_XDS_BOOTSTRAP names. */
  readonly bootstrap?: object;
  /** Only in Node.js; default: that of the target. */
  readonly authority?: string;
  readonly env?: Readonly<Record<string, string>>;
}

const stopMs = 5_000;

/** Does not connect yet: gRPC clients do at their first call. */
export async function startGrpcClient(options: GrpcClientOptions): Promise<GrpcClient> {
  const program = await buildClient(options.language);
  const folder = freshFolder("grpc");
  const file = join(folder, "bootstrap.json");
  writeFileSync(file, JSON.stringify(options.bootstrap ?? {}));
  const child = startProgram(program, options, file);
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  return wrap(options.language, child, removeFolder);
}

function startProgram(program: ClientCommand, options: GrpcClientOptions, bootstrap: string) {
  const { target = "xds:///web", authority } = options;
  const args = [...program.args, target, ...(authority === undefined ? [] : [authority])];
  const env = { GRPC_XDS_BOOTSTRAP: bootstrap, ...program.env, ...options.env };
  // It ends with its stdin, and so with this process, however this process ends.
  return spawn(program.command, args, { env: { ...process.env, ...env } });
}

function wrap(
  language: Language,
  child: ChildProcessWithoutNullStreams,
  end: () => void,
): GrpcClient {
  const ring = createOutputRing(200, 2_000);
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => ring.write(chunk));
  const logs = (): string => ring.lines().join("\n");
  let waiting: { resolve(line: string): void; reject(error: Error): void } | undefined;
  createInterface({ input: child.stdout }).on("line", (line) => {
    const asker = waiting;
    waiting = undefined;
    asker?.resolve(line);
  });
  let running = true;
  const exited = new Promise<void>((resolve) => {
    const gone = (why: string): void => {
      running = false;
      end();
      waiting?.reject(new Error(`the gRPC client in ${language} ended (${why}):\n${logs()}`));
      resolve();
    };
    child.once("error", (error) => gone(error.message));
    child.once("close", (code, signal) => gone(signal ?? `code ${code}`));
  });
  child.stdin.on("error", () => undefined);

  return {
    language,
    get running() {
      return running;
    },
    call: async (command) => {
      if (!running) throw new Error(`the gRPC client in ${language} has ended:\n${logs()}`);
      if (waiting !== undefined) throw new Error(`the gRPC client in ${language} is still calling`);
      const whole = { calls: 1, method: "Say", deadlineMs: 2_000, parallel: 8, ...command };
      const line = await new Promise<string>((resolve, reject) => {
        waiting = { resolve, reject };
        child.stdin.write(`${JSON.stringify(whole)}\n`);
      });
      return JSON.parse(line) as CallReport;
    },
    logs,
    stop: async () => {
      child.stdin.end();
      const timer = setTimeout(() => child.kill("SIGKILL"), stopMs);
      await exited;
      clearTimeout(timer);
    },
  };
}
