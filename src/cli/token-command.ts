/** `serin token create`: a token for the admin API, shown once, and the entry by which serin knows it. */
import { type Command, InvalidArgumentError } from "commander";
import { stringify } from "yaml";
import { tokenName } from "../admin/access/parse-tokens.ts";
import { roles } from "../admin/access/role.ts";
import { hashOf, makeToken } from "../admin/access/token.ts";
import type { Role } from "../api/role.ts";
import { type CliContext, exitCodes, failed } from "./context.ts";
import { acting, flag, usageError } from "./flags.ts";
import { addToTokenFile, type TokenEntry } from "./token-file.ts";

interface TokenFlags {
  readonly name?: string;
  readonly role?: Role;
  /** Milliseconds. */
  readonly expires?: number;
  readonly file?: string;
}

export function addToken(program: Command, context: CliContext): void {
  const token = program
    .command("token")
    .description("Make tokens for the admin API (serve --admin-tokens).");
  const command = token
    .command("create")
    .description("Make a token: it is printed once, and serin keeps its hash only.");
  command
    .addOption(
      flag("--name <name>", "SERIN_TOKEN_NAME", "of whoever holds it, for the history", {
        parse: name,
      }),
    )
    .addOption(
      flag("--role <role>", "SERIN_TOKEN_ROLE", "what its holder may do", {
        choices: roles,
      }),
    )
    .addOption(
      flag("--expires <duration>", "SERIN_TOKEN_EXPIRES", "90d, 12h; without it, never", {
        parse: lifetime,
      }),
    )
    .addOption(
      flag("--file <file>", "SERIN_ADMIN_TOKENS", "file of tokens that the entry is added to"),
    )
    .addHelpText(
      "after",
      `
viewer reads; operator also moves weights, releases and rollouts/, and undoes; admin writes any object.
The token goes to standard output. The entry goes to the file, or to standard error where there is none.

Examples:
  serin token create --name alice --role operator --expires 90d --file admin-tokens.yaml
  SERIN_TOKEN=$(serin token create --name ci --role viewer --file admin-tokens.yaml)`,
    )
    .action(acting(context, command, () => create(command, context)));
}

async function create(command: Command, context: CliContext): Promise<number> {
  const { name, role, expires, file } = command.opts<TokenFlags>();
  if (name === undefined || role === undefined) usageError(command, "say --name and --role");
  const token = makeToken();
  const entry: TokenEntry = {
    name,
    role,
    sha256: hashOf(token).toString("hex"),
    ...(expires !== undefined && { expires: endOf(expires) }),
  };
  const { stdout, stderr } = context.io;
  if (file === undefined) {
    stderr(`# For the file of serve --admin-tokens:\n${stringify([entry], { lineWidth: 0 })}`);
  } else {
    const added = await addToTokenFile(file, entry);
    if (!added.ok) return failed(context, added.error);
    stderr(`serin: added ${name} to ${file}\n`);
  }
  stdout(`${token}\n`);
  return exitCodes.done;
}

/** To the second: nobody counts the milliseconds of a token's life. */
const endOf = (afterMs: number): string =>
  new Date(Date.now() + afterMs).toISOString().replace(/\.\d+Z$/, "Z");

function name(text: string): string {
  if (tokenName.test(text)) return text;
  throw new InvalidArgumentError("expected 1 to 63 letters, digits, and . _ @ - behind the first.");
}

const unitMs: Readonly<Record<string, number>> = { d: 86_400_000, h: 3_600_000 };

function lifetime(text: string): number {
  const [, count = "0", unit = ""] = /^([1-9]\d{0,4})([dh])$/.exec(text) ?? [];
  const ms = Number(count) * (unitMs[unit] ?? 0);
  if (ms > 0) return ms;
  throw new InvalidArgumentError("expected days or hours, such as 90d or 12h.");
}
