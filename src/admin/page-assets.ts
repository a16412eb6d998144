/**
 * The files of the web page, as `npm run build` leaves them in dist/web: read once, when the server starts.
 * Their address has a hash of all of them, so that browsers keep them for good, and a new serin is a new
 * address. https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Caching#cache_busting
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { pageLimits } from "../config/page-limits.ts";

export interface PageAsset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  /** undefined: it is too short to be worth it. */
  readonly gzip: Uint8Array<ArrayBuffer> | undefined;
}

export interface PageAssets {
  readonly index: PageAsset;
  readonly etag: string;
  readonly contentSecurityPolicy: string;
  /** By path, such as `/assets/<hash>/web/main.js`. */
  readonly assets: ReadonlyMap<string, PageAsset>;
}

const types: Readonly<Record<string, string>> = {
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".svg": "image/svg+xml",
  ".html": "text/html; charset=utf-8",
};

/** Beside this file once it is built; where it runs as TypeScript, in the folder of the build. */
const here = import.meta.url.endsWith(".ts") ? "../../dist/web/" : "../web/";

export const builtPage = (): string => fileURLToPath(new URL(here, import.meta.url));

/** undefined: the page was not built. */
export function readPageAssets(folder: string): PageAssets | undefined {
  const indexFile = join(folder, "index.html");
  if (!existsSync(indexFile)) return undefined;
  const names = readdirSync(folder, { recursive: true })
    .map((name) => String(name).replaceAll("\\", "/"))
    .filter((name) => name !== "index.html" && extname(name) in types)
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort();
  const template = readFileSync(indexFile, "utf8");
  const files = names.map((name) => ({ name, bytes: readFileSync(join(folder, name)) }));
  const hash = hashOf([template, ...files.flatMap(({ name, bytes }) => [name, bytes])]);
  const base = `/assets/${hash}`;
  const html = template.replaceAll("{assets}", base);
  return {
    index: assetOf("index.html", Buffer.from(html)),
    etag: `"${hash}"`,
    contentSecurityPolicy: policyFor(html),
    assets: new Map(files.map(({ name, bytes }) => [`${base}/${name}`, assetOf(name, bytes)])),
  };
}

function hashOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part).update("\0");
  return hash.digest("hex").slice(0, 16);
}

function assetOf(name: string, bytes: Uint8Array): PageAsset {
  const isLong = bytes.byteLength >= pageLimits.gzipFromBytes;
  return {
    type: types[extname(name)] ?? "application/octet-stream",
    body: Uint8Array.from(bytes),
    gzip: isLong ? Uint8Array.from(gzipSync(bytes)) : undefined,
  };
}

/**
 * Only what serin serves itself may run, be shown or be asked; the one inline script is the import map, by its
 * hash. https://www.w3.org/TR/CSP3/
 */
function policyFor(html: string): string {
  const hashes = [...html.matchAll(/<script type="importmap">([^<]*)<\/script>/g)].map(
    ([, text = ""]) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`,
  );
  return [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(" "),
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join("; ");
}
