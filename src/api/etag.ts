/** Headers of optimistic concurrency: an ETag is the revision of the last write. */
import { z } from "zod";
import type { HeaderOfAnswer } from "./operation.ts";

export const etag: HeaderOfAnswer = {
  description: "Revision of the last write, in quotes",
  schema: z.string().regex(/^"\d{1,16}"$/),
  required: true,
};

/** Quotes may be left out: a revision is a number. */
export const ifMatch = z
  .string()
  .regex(/^(?:"[0-9]{1,16}"|[0-9]{1,16})$/, "one revision, the ETag of a GET")
  .describe("Only if this is the revision of the last write");
