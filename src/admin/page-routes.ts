/**
 * `GET /`: the web page, and `/assets/…`: what it is made of. It holds no data of its own, and needs no token: what it
 * shows comes from /v1, which asks for one.
 */
import type { Context, Hono } from "hono";
import { pageLimits } from "../config/page-limits.ts";
import type { Routes } from "./context.ts";
import { builtPage, type PageAsset, type PageAssets, readPageAssets } from "./page-assets.ts";

const notBuilt =
  "The web page was not built: npm run build makes it. The API is under /v1, and the command line does all of it: serin --help.\n";

const always = {
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cross-origin-resource-policy": "same-origin",
} as const;

/** Read when the first server of the process starts; undefined: not yet. */
let built: { readonly page: PageAssets | undefined } | undefined;

export const pageRoutes: Routes = (app) => {
  built ??= { page: readPageAssets(builtPage()) };
  addPage(app, built.page);
};

/** `page` undefined: it was not built. */
export function addPage(app: Hono, page: PageAssets | undefined): void {
  if (page === undefined) {
    app.get("/", (c) => c.text(notBuilt, 200, always));
    return;
  }
  const { index, etag, contentSecurityPolicy, assets } = page;
  app.get("/", (c) => {
    const headers = {
      ...always,
      "content-security-policy": contentSecurityPolicy,
      "cross-origin-opener-policy": "same-origin",
      "cache-control": "no-cache",
      etag,
    };
    if (c.req.header("if-none-match") === etag) return c.body(null, 304, headers);
    return answer(c, index, headers);
  });
  app.get("/assets/*", (c) => {
    const asset = assets.get(c.req.path);
    if (asset === undefined) return c.notFound();
    const headers = { "cache-control": `public, max-age=${pageLimits.assetMaxAgeS}, immutable` };
    return answer(c, asset, { ...always, ...headers });
  });
}

function answer(
  c: Context,
  { type, body, gzip }: PageAsset,
  headers: Readonly<Record<string, string>>,
): Response {
  const takesGzip = /\bgzip\b/.test(c.req.header("accept-encoding") ?? "");
  const said = { ...headers, "content-type": type, vary: "accept-encoding" };
  return gzip !== undefined && takesGzip
    ? c.body(gzip, 200, { ...said, "content-encoding": "gzip" })
    : c.body(body, 200, said);
}
