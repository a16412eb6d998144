/**
 * The filter that copies requests to a second backend, whose answers nobody sees.
 * https://gateway-api.sigs.k8s.io/reference/spec/#httprequestmirrorfilter
 */
import { z } from "zod";
import { backendTarget } from "./backend-ref.ts";
import { full, integer, narrowing } from "./leaves.ts";
import { hasOnly } from "./route-match.ts";

const most = 2_147_483_647;

const fraction = z
  .object({
    numerator: integer(0, most),
    denominator: integer(1, most).optional().describe("Default 100."),
  })
  .superRefine(({ numerator, denominator = 100 }, context) => {
    if (numerator <= denominator) return;
    const message = `a fraction of ${denominator} has at most so many parts`;
    context.addIssue({ code: "custom", path: ["numerator"], message, params: full });
  });

export const mirrorSchema = z
  .looseObject({
    backendRef: backendTarget,
    percent: integer(0, 100).optional().describe("Default 100."),
    fraction: fraction.optional().describe("Share in finer steps, in place of a percentage."),
  })
  .superRefine(({ percent, fraction: share }, context) => {
    if (percent === undefined || share === undefined) return;
    const message = "give a percentage or a fraction, not both";
    context.addIssue({ code: "custom", path: ["fraction"], message, params: full });
  });

narrowing.add(mirrorSchema, { consequence: "so nothing is copied" });

/** Whether the copies can be made: an unknown field may have been meant to make them fewer. */
export const isWholeMirror = (value: MirrorValue): boolean => hasOnly(value, mirrorSchema);

export type MirrorValue = z.infer<typeof mirrorSchema>;
