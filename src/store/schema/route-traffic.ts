/** What a rule says about its traffic: timeouts, and our sticky split. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import { durationMs } from "./duration.ts";
import { duration, firstDuplicate, full, headerName, listOf } from "./leaves.ts";

export const timeoutsSchema = z
  .object({
    request: duration.optional().describe("0s: none; default: the service's."),
    backendRequest: duration.optional().describe("One attempt; 0s: as long as the request."),
  })
  .superRefine(({ request, backendRequest }, context) => {
    if (request === undefined || backendRequest === undefined) return;
    const whole = durationMs(request);
    if (whole === 0 || durationMs(backendRequest) <= whole) return;
    const message = "one attempt cannot take longer than the request";
    context.addIssue({ code: "custom", path: ["backendRequest"], message, params: full });
  });

const hashHeader = z.object({ name: headerName });

const hashHeaders = listOf(hashHeader, limits.decode.hashHeaders, "headers")
  .min(1, { error: "at least one header" })
  .superRefine((list, context) => {
    const duplicate = firstDuplicate(list.map(({ name }) => name.toLowerCase()));
    if (duplicate === -1) return;
    const message = "names a header twice";
    context.addIssue({ code: "custom", path: [duplicate, "name"], message, params: full });
  });

const saltError = "at most 64 letters, digits, '.', '_', ':' and '-'";

/** The salt becomes part of a substitution in Envoy, where a backslash would mean something. */
const salt = z.string({ error: saltError }).regex(/^[A-Za-z0-9._:-]{0,64}$/, { error: saltError });

export const hashSplitSchema = z
  .object({
    type: z.literal("Header").optional(),
    headers: hashHeaders.describe("Who lacks one gets the first backend that takes traffic."),
    salt: salt
      .optional()
      .describe("Picks other users for each release; without, docs/rollout.md says which ones."),
    grpc: z
      .boolean()
      .optional()
      .describe("Whether proxyless gRPC clients stay too, by a ring hash; default false."),
  })
  .describe("Splits by the hash of headers, so that a user stays where he is.");

export type TimeoutsValue = z.infer<typeof timeoutsSchema>;
export type HashSplitValue = z.infer<typeof hashSplitSchema>;
