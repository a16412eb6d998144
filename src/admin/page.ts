import type { Context } from "hono";

/** The header that leads to the next page. https://www.rfc-editor.org/rfc/rfc8288 */
export function nextPage(c: Context, after: string): { readonly link: string } {
  const url = new URL(c.req.url);
  url.searchParams.set("after", after);
  return { link: `<${url.pathname}${url.search}>; rel="next"` };
}
