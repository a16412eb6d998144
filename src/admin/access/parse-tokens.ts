/**
 * The file of those who may use the admin API: a list of `{ name, role, sha256, expires? }`, in YAML or
 * JSON. It is taken whole or not at all, with one sentence that says where it is wrong and repeats no
 * hash: somebody may have put a token there.
 */
import { isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type YAMLMap } from "yaml";
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { err, ok, type Result } from "../../lib/result.ts";
import { roles } from "./role.ts";
import { type Token, tokenMark } from "./token.ts";

export const tokenName = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,62}$/;

const text = (): z.ZodString =>
  z.string({ error: ({ input }) => (input === undefined ? "is missing" : "takes a text") });

const entrySchema = z.strictObject({
  name: text().regex(tokenName, "takes 1 to 63 letters, digits, and . _ @ - behind the first"),
  role: z.enum(roles, `takes ${roles.join(", ")}`),
  sha256: text().check((c) => {
    const wrong = hashProblem(c.value);
    if (wrong !== undefined) c.issues.push({ code: "custom", message: wrong, input: c.value });
  }),
  expires: z
    .union([z.iso.datetime({ offset: true }), z.iso.date()], "takes 2027-01-31T12:00:00Z")
    .optional(),
});

function hashProblem(text: string): string | undefined {
  if (text.startsWith(tokenMark)) return "is a token; it takes the SHA-256 of one";
  if (/^[0-9a-f]{64}$/i.test(text)) return undefined;
  return `takes 64 hexadecimal digits, and there are ${text.length} characters`;
}

type Parsed = Result<readonly Token[], string>;

export function parseTokens(text: string): Parsed {
  const lines = new LineCounter();
  // All scalars are texts: a hash of digits alone is no number, and a date no time.
  const document = parseDocument(text, {
    schema: "failsafe",
    lineCounter: lines,
    prettyErrors: false,
  });
  const lineAt = (offset: number | undefined): string => `line ${lines.linePos(offset ?? 0).line}`;
  const [syntax] = document.errors;
  if (syntax !== undefined) return err(`${lineAt(syntax.pos[0])}: ${syntax.message}`);
  const list = document.contents;
  if (!isSeq(list)) return err('it takes a list of { name, role, sha256 }; "[]" lets nobody in');
  const most = limits.access.tokens;
  if (list.items.length > most) {
    return err(`it has ${list.items.length} entries, and may have ${most}`);
  }
  const tokens: Token[] = [];
  for (const [index, item] of list.items.entries()) {
    const at = isNode(item) ? item.range?.[0] : undefined;
    const where = `${lineAt(at)}, entry ${index + 1}`;
    const token = isMap(item) ? entryOf(item) : err("takes { name, role, sha256 }");
    if (!token.ok) return err(`${where}: ${token.error}`);
    const twin = twinOf(token.value, tokens);
    if (twin !== undefined) return err(`${where}: ${twin}`);
    tokens.push(token.value);
  }
  return ok(tokens);
}

function entryOf(map: YAMLMap): Result<Token, string> {
  const fields: [string, unknown][] = [];
  for (const { key, value } of map.items) {
    if (!isScalar(key)) return err("a field's name is a text");
    fields.push([String(key.value), isScalar(value) ? value.value : value]);
  }
  const parsed = entrySchema.safeParse(Object.fromEntries(fields));
  if (parsed.success) {
    const { name, role, sha256, expires } = parsed.data;
    const expiresMs = expires === undefined ? undefined : Date.parse(expires);
    return ok({ name, role, hash: Buffer.from(sha256, "hex"), expiresMs });
  }
  const [issue] = parsed.error.issues;
  if (issue?.code === "unrecognized_keys") {
    return err(`there is no field ${JSON.stringify(issue.keys[0]?.slice(0, 63))}`);
  }
  return err(`${issue?.path.join(".") ?? "it"} ${issue?.message ?? "is wrong"}`);
}

function twinOf({ name, hash }: Token, tokens: readonly Token[]): string | undefined {
  if (tokens.some((other) => other.name === name)) return `there is another entry named ${name}`;
  const same = tokens.find((other) => Buffer.compare(other.hash, hash) === 0);
  return same && `sha256 is that of ${same.name} as well`;
}
