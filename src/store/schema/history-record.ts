/**
 * `history/<service>/<id>` as JSON. Serin alone writes it; it is held against a schema all the same,
 * because anybody who may write to the store can put anything there. Fields of later versions are
 * left out.
 */
import { z } from "zod";
import { limits } from "../../config/limits.ts";

/** The last moment that a date can tell. */
export const lastMs = 8.64e15;

const text = z.string().max(limits.history.textChars);

/** null: there was nothing. A value that is too long, or no text, is told by its hash. */
const recordedValue = z.union([
  z.null(),
  z.string(),
  z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/), bytes: z.int().min(0) }),
]);

export const historyRecordSchema = z.object({
  by: text,
  atMs: z.int().min(0).max(lastMs),
  why: text,
  changes: z
    .array(z.object({ key: text.min(1), before: recordedValue, after: recordedValue }))
    .max(limits.history.changes),
  evidence: z.record(text, z.union([text, z.number(), z.boolean(), z.null()])).optional(),
});

export type HistoryRecordValue = z.infer<typeof historyRecordSchema>;
