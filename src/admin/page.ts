/** Pages of lists. */
import type { Context } from "hono";

/** The header that leads to the next page. https://www.rfc-editor.org/rfc/rfc8288 */
export function nextPage(c: Context, after: string): { readonly link: string } {
  const url = new URL(c.req.url);
  url.searchParams.set("after", after);
  return { link: `<${url.pathname}${url.search}>; rel="next"` };
}

export interface Page<T> {
  readonly page: readonly T[];
  /** Of the page, where there is more behind it. */
  readonly last?: T;
}

/**
 * The first of what is left, which is in order. A page ends between those that `isSame` tells apart: what
 * `after` names would otherwise lead past others of the same name.
 */
export function firstPage<T>(
  rest: readonly T[],
  limit: number,
  isSame: (a: T, b: T) => boolean,
): Page<T> {
  const last = rest[limit - 1];
  if (last === undefined) return { page: rest };
  const end = rest.findIndex((each, index) => index >= limit && !isSame(each, last));
  return end === -1 ? { page: rest } : { page: rest.slice(0, end), last };
}
