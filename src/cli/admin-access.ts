/** How the command line tells the admin API who asks, and makes sure that it is serin that answers. */
import { readFileSync } from "node:fs";
import type { Command } from "commander";
import { environmentOf, flag, usageError } from "./flags.ts";
import { type AdminFetch, fetchWithCa } from "./https-fetch.ts";

interface AccessFlags {
  readonly admin: string;
  readonly tokenFile?: string;
  readonly adminCa?: string;
}

/** A command that asks the admin API says so by `--admin`; what goes with that comes here, once for all. */
export function addAccessFlags(program: Command): void {
  for (const command of program.commands) {
    if (command.options.some(({ long }) => long === "--admin")) {
      command
        .addOption(
          flag(
            "--token-file <file>",
            "SERIN_TOKEN_FILE",
            "file with your token for the admin API, in place of SERIN_TOKEN",
          ),
        )
        .addOption(
          flag(
            "--admin-ca <file>",
            "SERIN_ADMIN_CA",
            "certificates that the admin API's own is checked with (PEM)",
          ),
        );
    }
    addAccessFlags(command);
  }
}

/** `fetch` for the admin API, with the token that the environment or a file has. */
export function adminFetch(command: Command): AdminFetch {
  const token = tokenOf(command);
  const over = transport(command);
  return async (url, init = {}) => {
    const headers = new Headers(init.headers);
    if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
    try {
      return await over(url, { ...init, headers });
    } catch (error) {
      throw isUntrusted(error) ? untrusted(error) : error;
    }
  };
}

/** What to do about an answer of this status, to be put behind what the answer says. */
export const accessHint = (status: number): string =>
  status === 401 ? "; give your token in SERIN_TOKEN or by --token-file" : "";

/** Never a token in the arguments: they show in the list of processes. */
function tokenOf(command: Command): string | undefined {
  const { tokenFile } = command.opts<AccessFlags>();
  const given = environmentOf(command)["SERIN_TOKEN"]?.trim() || undefined;
  if (tokenFile !== undefined && given !== undefined) {
    usageError(command, "SERIN_TOKEN and --token-file exclude each other");
  }
  const token = tokenFile === undefined ? given : read(command, "--token-file", tokenFile).trim();
  if (token === undefined || /^[\w.~+/-]+=*$/.test(token)) return token;
  const from = tokenFile === undefined ? "SERIN_TOKEN has" : `${tokenFile} has`;
  return usageError(command, `${from} no token, but something with other characters`);
}

function transport(command: Command): AdminFetch {
  const { admin, adminCa } = command.opts<AccessFlags>();
  if (adminCa === undefined) return fetch;
  if (!admin.startsWith("https:")) usageError(command, `--admin-ca takes an https URL: ${admin}`);
  return fetchWithCa(read(command, "--admin-ca", adminCa));
}

function read(command: Command, name: string, file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    return usageError(command, `${name}: ${(error as Error).message}`);
  }
}

interface NodeError {
  readonly message?: string;
  readonly code?: string;
  readonly cause?: NodeError;
}

/** OpenSSL's words for a chain that ends at nobody known. */
const untrustedCodes = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

const rootOf = (error: unknown): NodeError =>
  (error as NodeError).cause ?? (error as NodeError) ?? {};

const isUntrusted = (error: unknown): boolean => untrustedCodes.has(rootOf(error).code ?? "");

const untrusted = (error: unknown): Error =>
  new Error(`${rootOf(error).message}; name the authority of its certificate by --admin-ca`);
