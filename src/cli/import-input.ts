/** What `serin import` reads: documents of a file, or the pairs of another system's tree. */
import { readFile, stat } from "node:fs/promises";
import { parseAllDocuments } from "yaml";
import { limits } from "../config/limits.ts";
import { err, ok, type Result } from "../lib/result.ts";
import type { CliContext } from "./context.ts";

/** Of `-`, standard input. Fails with one sentence. */
export async function readText(context: CliContext, path: string): Promise<Result<string, string>> {
  const most = limits.cli.importBytes;
  const tooLong = err(`${path} has more than ${most} bytes`);
  try {
    if (path === "-") {
      const read = (await context.io.stdin?.(most)) ?? new Uint8Array();
      return read.byteLength > most ? tooLong : ok(Buffer.from(read).toString());
    }
    if ((await stat(path)).size > most) return tooLong;
    return ok(await readFile(path, "utf8"));
  } catch (error) {
    return err(`cannot read ${path}: ${(error as Error).message}`);
  }
}

/** YAML or JSON, one document or several; empty ones are left out. */
export function documentsIn(text: string): Result<readonly unknown[], string> {
  const values: unknown[] = [];
  const parsed = parseAllDocuments(text);
  for (const document of Array.isArray(parsed) ? parsed : []) {
    const [problem] = document.errors;
    if (problem !== undefined) return err(problem.message.split("\n")[0] ?? "it is no YAML");
    const value: unknown = document.toJS({ maxAliasCount: limits.decode.yamlAliases });
    if (value !== null && value !== undefined) values.push(value);
  }
  return ok(values);
}

/**
 * Keys and values below `root`: of a map of them, or of what `etcdctl get --prefix -w json` prints. Values
 * may be texts, or objects where they are JSON.
 */
export function pairsIn(text: string, root: string): Result<ReadonlyMap<string, string>, string> {
  const documents = documentsIn(text);
  if (!documents.ok) return documents;
  const pairs = new Map<string, string>();
  for (const document of documents.value) {
    const found = pairsOf(document);
    if (found === undefined) return err("expected a map of keys and values");
    for (const [key, value] of found) {
      const own = belowRoot(key, root);
      if (own !== undefined) pairs.set(own, textOf(value));
    }
  }
  return pairs.size === 0 ? err(`there is no key below ${root}`) : ok(pairs);
}

function pairsOf(document: unknown): readonly (readonly [string, unknown])[] | undefined {
  if (typeof document !== "object" || document === null || Array.isArray(document))
    return undefined;
  const { kvs } = document as { readonly kvs?: unknown };
  return Array.isArray(kvs) ? kvs.flatMap(etcdPair) : Object.entries(document);
}

const textOf = (value: unknown): string =>
  typeof value === "string" ? value : JSON.stringify(value);

const belowRoot = (key: string, root: string): string | undefined => {
  const [whole, plain] = [key, root].map((text) => text.replace(/^\//, ""));
  return whole !== undefined && plain !== undefined && whole.startsWith(plain)
    ? whole.slice(plain.length)
    : undefined;
};

/** In Base64. */
function etcdPair(each: unknown): readonly (readonly [string, string])[] {
  const { key, value = "" } = (each ?? {}) as { readonly key?: unknown; readonly value?: unknown };
  if (typeof key !== "string" || typeof value !== "string") return [];
  const text = (base64: string): string => Buffer.from(base64, "base64").toString();
  return [[text(key), text(value)]];
}
