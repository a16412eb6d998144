/** How an instance is chosen, which zones come first, and how much one may get. */
import { z } from "zod";
import { limits } from "../../config/limits.ts";
import {
  durationWithin,
  firstDuplicate,
  full,
  headerName,
  integer,
  listOf,
  text,
} from "./leaves.ts";

const policies = ["RoundRobin", "LeastRequest", "Random", "RingHash", "Maglev"] as const;
const policy = z.enum(policies);

const cookie = z.object({
  name: headerName,
  ttl: durationWithin("0s", "9000h")
    .optional()
    .describe("0s: a session cookie is set; default: only the client sets it."),
});

const affinity = z
  .object({
    header: headerName.optional(),
    cookie: cookie.optional(),
    sourceIp: z.literal(true).optional(),
    queryParam: text(256, 1).optional(),
  })
  .superRefine((value, context) => {
    const given = Object.values(value).filter((one) => one !== undefined);
    if (given.length === 1) return;
    const message = "expected one of header, cookie, sourceIp and queryParam";
    context.addIssue({ code: "custom", message, params: full });
  });

const balancing = z
  .object({
    type: policy.optional().describe("Default RoundRobin."),
    affinity: affinity
      .optional()
      .describe("What keeps a client at an instance; of RingHash and Maglev."),
    slowStart: durationWithin("1s", "1h")
      .optional()
      .describe("A new instance's share grows for so long; of RoundRobin and LeastRequest."),
  })
  .superRefine(({ type = "RoundRobin", affinity: own, slowStart }, context) => {
    const isHash = type === "RingHash" || type === "Maglev";
    const isLoadBased = type === "RoundRobin" || type === "LeastRequest";
    const refuse = (field: string, message: string) =>
      context.addIssue({ code: "custom", path: [field], message, params: full });
    if (own !== undefined && !isHash) refuse("affinity", "only RingHash and Maglev have affinity");
    if (slowStart !== undefined && !isLoadBased) {
      refuse("slowStart", "only RoundRobin and LeastRequest have a slow start");
    }
  });

/** A name, or an object with more to say. */
export const lbPolicySchema = z.union([policy, balancing], {
  error: `one of ${policies.map((one) => JSON.stringify(one)).join(", ")}, or an object`,
});

/** Envoy's counts are 32 bits wide. */
const most = 4_294_967_295;

export const circuitBreakersSchema = z
  .object({
    maxConnections: integer(1, most).optional(),
    maxPendingRequests: integer(1, most).optional(),
    maxRequests: integer(1, most).optional(),
    maxRetries: integer(0, most).optional(),
  })
  .describe("Per proxy and subset; default: what ordinary load does not meet.");

const locality = z.object({
  zone: text(253, 1),
  weight: integer(1, 1_000_000)
    .optional()
    .describe("Among the zones of its priority; default: as many as its instances weigh."),
  priority: integer(0, 7)
    .optional()
    .describe("0 (default) first; the next where too few of it are healthy."),
});

export const localitiesSchema = listOf(locality, limits.decode.localities, "zones")
  .superRefine((list, context) => {
    const duplicate = firstDuplicate(list.map(({ zone }) => zone));
    if (duplicate === -1) return;
    const message = "names a zone twice";
    context.addIssue({ code: "custom", path: [duplicate, "zone"], message, params: full });
  })
  .describe("How much a zone gets, and when.");

export type LbPolicyValue = z.infer<typeof lbPolicySchema>;
export type AffinityValue = z.infer<typeof affinity>;
