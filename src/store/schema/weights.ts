/** `weights/<service>`: the split in force. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { full, name, share } from "./leaves.ts";

export const weightsSchema = z
  .record(name, share(1_000_000))
  .superRefine((weights, context) => {
    const shares = Object.values(weights);
    if (shares.length === 0) {
      context.addIssue({
        code: "custom",
        message: "expected at least one subset with its weight",
        params: full,
      });
    } else if (shares.length > limits.decode.subsets) {
      context.addIssue({
        code: "custom",
        message: `expected at most ${limits.decode.subsets} subsets, got ${shares.length}`,
        params: full,
      });
    } else if (shares.every((weight) => weight === 0)) {
      context.addIssue({
        code: "custom",
        message: "all weights are 0, so no subset would get traffic",
        params: full,
      });
    }
  })
  .describe("Weight by subset; only the ratio counts, and 0 means no traffic.");

export type WeightsValue = z.infer<typeof weightsSchema>;
