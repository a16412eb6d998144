/** Lists come in pages: `limit` and `after` ask for one, and a Link header leads to the next. */
import { z } from "zod";
import type { HeaderOfAnswer } from "./operation.ts";

/** https://www.rfc-editor.org/rfc/rfc8288 */
export const nextLink: HeaderOfAnswer = {
  description: 'Where there is more: `<…>; rel="next"`',
  schema: z.string(),
};

export const limitOf = (most: number) =>
  z.int().min(1).max(most).exactOptional().describe(`At most so many; ${most} at the most`);

export const pageQuery = (most: number, after: string) => ({
  limit: limitOf(most),
  after: z.string().exactOptional().describe(after),
});
